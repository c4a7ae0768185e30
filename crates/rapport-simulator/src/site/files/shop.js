// The shop's own script: when somebody logs in, its server signs who they are and the chat is told.
const KEPT = "northwind-account";
const select = document.getElementById("account");
const state = document.getElementById("state");

/** widget.js loads beside this script, so whichever is first waits for the other. */
async function chat() {
  while (typeof window.Rapport?.identify !== "function") {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return window.Rapport;
}

async function logIn(userId) {
  const answer = await fetch(`/demo/api/identity/${encodeURIComponent(userId)}`);
  if (!answer.ok) {
    localStorage.removeItem(KEPT);
    return;
  }
  const identity = await answer.json();
  state.textContent = `You are logged in as ${identity.name}.`;
  (await chat()).identify(identity);
}

async function logOut() {
  state.textContent = "";
  (await chat()).reset();
}

const { personas } = await (await fetch("/demo/api/site")).json();
for (const persona of personas) {
  select.append(new Option(persona.name, persona.user_id));
}
const kept = localStorage.getItem(KEPT);
if (kept && personas.some((persona) => persona.user_id === kept)) {
  select.value = kept;
  void logIn(kept);
}
select.addEventListener("change", () => {
  localStorage.setItem(KEPT, select.value);
  void (select.value ? logIn(select.value) : logOut());
});
