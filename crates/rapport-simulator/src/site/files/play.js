// The page on which one plays the customers: chooses one, shows their mailbox, keeps it fresh.
import { Mailbox } from "./mailbox.js";

const POLL_MILLISECONDS = 1_000;
const byId = (id) => document.getElementById(id);

const site = await (await fetch("/demo/api/site")).json();
const mailbox = new Mailbox(site, tell);
let chosen = "";
let newsTimer;

function tell(text) {
  byId("news").textContent = text;
  clearTimeout(newsTimer);
  newsTimer = setTimeout(() => {
    byId("news").textContent = "";
  }, 5_000);
}

function initials(name) {
  const words = name.replace(/@.*/, "").split(/[\s.]+/).filter(Boolean);
  return words.slice(0, 2).map((word) => [...word][0].toUpperCase()).join("");
}

function personButton(person) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.address = person.address;
  const face = document.createElement("span");
  face.className = "face";
  face.ariaHidden = "true";
  face.textContent = initials(person.name);
  const words = document.createElement("span");
  words.textContent = person.name;
  const about = document.createElement("small");
  about.textContent = person.about;
  words.append(about);
  button.append(face, words);
  button.addEventListener("click", () => choose(person));
  const item = document.createElement("li");
  item.append(button);
  return item;
}

function choose(person) {
  chosen = person.address;
  for (const button of byId("people").querySelectorAll("button")) {
    button.ariaPressed = String(button.dataset.address === chosen);
  }
  byId("mailbox-title").textContent = `Mailbox of ${person.name}`;
  history.replaceState(null, "", `#${encodeURIComponent(person.address)}`);
  mailbox.open(person);
}

function stranger(address) {
  return { name: address, address, about: "" };
}

byId("shop-name").textContent = site.shop_name;
byId("people").append(...site.personas.map(personButton));
byId("stranger").addEventListener("submit", (event) => {
  event.preventDefault();
  choose(stranger(byId("stranger-address").value.trim().toLowerCase()));
});

const wanted = decodeURIComponent(location.hash.slice(1));
const known = site.personas.find((person) => person.address === wanted);
choose(known ?? (wanted.includes("@") ? stranger(wanted) : site.personas[0]));

async function poll() {
  if (!document.hidden) {
    await mailbox.refresh().catch(() => tell("The server does not answer."));
  }
  setTimeout(poll, POLL_MILLISECONDS);
}
void poll();
