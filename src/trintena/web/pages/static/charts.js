// Charts: every `<div class="plot" data-chart="KIND" data-source="/address of its JSON" data-strings="words">`.
// One is drawn when it nears the window, in the colours of the page, and drawn anew when these change.
import { learningCurves } from "./charts/learning.js";
import { dark, labels, narrow } from "./charts/look.js";
import { config, plotly } from "./charts/plotly.js";
import { forecast, pricePath, testGain } from "./charts/prices.js";

const KINDS = { "learning-curves": learningCurves, "test-gain": testGain, "price-path": pricePath, forecast };

const watched = new WeakSet();
const charts = new Map(); // by element: what was fetched, what the reader chose

const near = new IntersectionObserver(
  (seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      const chosen = Number(target.dataset.model) || undefined; // the page may know better who leads
      charts.set(target, { words: JSON.parse(target.dataset.strings || "{}"), ends: [], chosen });
      redraw(target);
    }
  },
  { rootMargin: "400px" },
);

// Watch the charts of a part of the page; those that are watched already stay as they are.
export function drawAll(root = document) {
  for (const place of charts.keys()) if (!place.isConnected) forget(place);
  for (const place of root.querySelectorAll("[data-chart]")) {
    if (watched.has(place)) continue;
    watched.add(place);
    near.observe(place);
  }
}

// Fetch a chart's data again and show it; one that was not near the window yet waits until it is.
export async function redraw(place) {
  const chart = charts.get(place);
  if (!chart || chart.isFetching) return;
  chart.isFetching = true;
  try {
    const answer = await fetch(place.dataset.source, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`${place.dataset.source}: ${answer.status}`);
    chart.answer = await answer.json();
    await draw(place);
    place.dataset.state = "drawn";
  } catch (error) {
    if (place.dataset.state === "drawn") return; // the older picture stays
    place.dataset.state = "failed";
    place.textContent = chart.words.no_data ?? "";
    console.warn(error);
  } finally {
    chart.isFetching = false;
  }
}

async function draw(place) {
  const chart = charts.get(place);
  const Plotly = await plotly();
  if (!place.isConnected) return;
  const made = KINDS[place.dataset.chart](chart.answer, chart.words, chart.chosen);
  if (made === null) return;
  if (!chart.isDrawn) place.replaceChildren();
  chart.ends = made.ends;
  await Plotly.react(place, made.data, made.layout, config);
  if (!chart.isDrawn) prepare(place);
  // What it shows in a sentence may have changed with it.
  place.setAttribute("aria-label", place.closest("figure")?.querySelector("figcaption")?.textContent.trim() ?? "");
  chart.isDrawn = true;
  if (made.choices) offer(place, chart, made);
  await label(place);
}

function prepare(place) {
  place.setAttribute("role", "img");
  const { words } = charts.get(place);
  if (words.download) place.after(downloadButton(place, words.download));
  place.on("plotly_relayout", (changed) => {
    if (Object.keys(changed).some((name) => /^(x|y)axis|autosize/.test(name))) label(place);
  });
  place.on("plotly_click", ({ points: [point] }) => {
    const model = point.data.meta?.model ?? point.customdata;
    if (model !== undefined) choose(place, model);
  });
}

// Labels stand where the lines end in what is seen now. (A phone has a legend.)
async function label(place) {
  const { ends } = charts.get(place);
  if (!ends.length || narrow.matches) return;
  const { margin, height } = place.layout;
  const inside = place.querySelector(".nsewdrag")?.getBoundingClientRect().height || height - margin.t - margin.b;
  const Plotly = await plotly();
  await Plotly.relayout(place, { annotations: labels(ends, place.layout, inside) });
}

// The picture as it is seen.
function downloadButton(place, title) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = title;
  button.addEventListener("click", async () => {
    const { width, height } = place.getBoundingClientRect();
    const { chart, experiment = place.closest("[data-experiment]")?.dataset.experiment } = place.dataset;
    const filename = ["trintena", chart, experiment].filter(Boolean).join("-");
    (await plotly()).downloadImage(place, { format: "png", width, height, scale: 2, filename });
  });
  const row = document.createElement("p");
  row.append(button);
  return row;
}

// A select above the chart does what a click on a line does, for those who use no mouse.
function offer(place, chart, { choices, stands }) {
  if (!chart.select) {
    const field = document.createElement("div");
    const title = document.createElement("label");
    chart.select = document.createElement("select");
    chart.select.id = `${place.id || "chart"}-choice`;
    field.className = "field";
    title.htmlFor = chart.select.id;
    title.textContent = chart.words.highlight;
    field.append(title, chart.select);
    place.before(field);
    chart.select.addEventListener("change", () => choose(place, Number(chart.select.value)));
  }
  for (const [id, name] of choices) {
    if (![...chart.select.options].some((option) => option.value === String(id))) chart.select.add(new Option(name, id));
  }
  chart.select.value = String(stands);
}

function choose(place, model) {
  charts.get(place).chosen = model;
  draw(place);
}

async function forget(place) {
  const { isDrawn } = charts.get(place);
  charts.delete(place);
  if (isDrawn) (await plotly()).purge(place);
}

function redrawAll() {
  for (const [place, { isDrawn }] of charts) if (isDrawn) draw(place);
}

dark.addEventListener("change", redrawAll);
narrow.addEventListener("change", redrawAll);
new MutationObserver(redrawAll).observe(document.documentElement, { attributeFilter: ["class"] });
