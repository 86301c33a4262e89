"use strict";
// Draws each figure when it nears the window, in the colours of the theme, and lets the reader choose
// whose line stands out. Every word comes from the page.

const told = JSON.parse(document.getElementById("figures").textContent);
const narrow = window.matchMedia("(max-width: 600px)");
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const drawn = new Set();

const probe = document.body.appendChild(document.createElement("span"));
probe.hidden = true;

// A custom property keeps `light-dark()` as it was written; only a real property resolves it.
function colour(name) {
  probe.style.color = name;
  return getComputedStyle(probe).color;
}

function resolved(value) {
  if (typeof value === "string") return value.startsWith("var(--") ? colour(value) : value;
  if (Array.isArray(value)) return value.map(resolved);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner)]));
  }
  return value;
}

// What fits between the margins of a sheet, and rows of a table up to which it is printed.
const PAPER_WIDTH = 680;
const MOST_ROWS_ON_PAPER = 60;
let onPaper = false;

function draw(place) {
  const { data, layout } = resolved(told.figures[place.dataset.figure]);
  if (onPaper) layout.width = PAPER_WIDTH;
  // `uirevision`: a new theme or another line keeps the reader's zoom. A finger scrolls, it does not zoom.
  const look = { ...layout, uirevision: "kept", dragmode: narrow.matches ? false : "zoom" };
  Plotly.react(place, data, look, {
    displayModeBar: false,
    showSendToCloud: false,
    plotlyServerURL: "",
    showTips: false,
    responsive: true,
    locale: told.locale.name,
    locales: { [told.locale.name]: told.locale },
  });
  drawn.add(place);
}

const places = [...document.querySelectorAll("[data-figure]")];
const watch = new IntersectionObserver(
  (seen) => {
    for (const { isIntersecting, target } of seen) {
      if (isIntersecting && !drawn.has(target)) draw(target);
    }
  },
  { rootMargin: "400px" },
);
places.forEach((place) => watch.observe(place));

// On paper everything is drawn, light, as wide as the sheet, and what waits to be opened is open.
const before = { theme: undefined, opened: [] };
window.addEventListener("beforeprint", () => {
  before.theme = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
  before.opened = [...document.querySelectorAll("details:not([open])")].filter(
    (each) => each.querySelectorAll("tr").length <= MOST_ROWS_ON_PAPER,
  );
  for (const each of before.opened) each.open = true;
  onPaper = true;
  places.forEach(draw);
});
window.addEventListener("afterprint", () => {
  if (before.theme === undefined) delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = before.theme;
  for (const each of before.opened) each.open = false;
  onPaper = false;
  redraw();
});

function redraw() {
  drawn.forEach(draw);
}
dark.addEventListener("change", redraw);
narrow.addEventListener("change", redraw);
document.getElementById("theme").addEventListener("change", (event) => {
  document.documentElement.dataset.theme = event.target.value;
  redraw();
});

const choices = [...document.querySelectorAll("select.model")];
for (const choice of choices) {
  choice.addEventListener("change", () => {
    for (const other of choices) other.value = choice.value;
    for (const { data } of Object.values(told.figures)) {
      for (const trace of data) {
        if (trace.meta === undefined) continue;
        const stands = String(trace.meta.model) === choice.value;
        trace.line.color = stands ? "var(--model)" : "var(--faint)";
        trace.line.width = stands ? 3 : 1;
        trace.showlegend = stands;
        trace.zorder = stands ? 2 : 0;
      }
    }
    redraw();
  });
}
