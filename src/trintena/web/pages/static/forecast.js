// The forecast of a model, asked for once its page is there: a source of prices may take its time.
const part = document.querySelector("[data-load]");

function show(name, is) {
  const element = part.querySelector(name);
  if (element) element.hidden = !is;
}

async function load() {
  part.setAttribute("aria-busy", "true");
  show(".waiting", true);
  show(".by-hand", false);
  try {
    const answer = await fetch(part.dataset.load, { headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    part.replaceChildren(...fresh.body.childNodes);
  } catch {
    show(".waiting", false);
    show(".gone", true);
    show(".by-hand", true);
  }
  part.setAttribute("aria-busy", "false");
}

if (part) await load();
if (document.querySelector("[data-chart]")) {
  const { drawAll } = await import("./charts.js");
  drawAll();
}
