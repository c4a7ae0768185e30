// Runs before the first paint, so that a dark screen never flashes white.
(() => {
  let choice = "system";
  let density = "comfortable";
  try {
    choice = localStorage.getItem("rapport.theme") || choice;
    density = localStorage.getItem("rapport.density") || density;
  } catch {}
  const dark =
    choice === "dark" ||
    (choice === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.documentElement.dataset.density = density;
})();
