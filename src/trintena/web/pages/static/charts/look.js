// What every chart shares: the page's colours, axes, and labels at the ends of lines; a phone has no room for
// these, and gets a legend.
import { dayFormat, separators } from "./plotly.js";

const HEIGHT = 320;
const FONT = "system-ui, sans-serif";
const LABEL = 13;
const GAP = 17; // between two labels, in pixels

export const narrow = matchMedia("(max-width: 600px)");
export const dark = matchMedia("(prefers-color-scheme: dark)");

const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);

// A custom property keeps `light-dark()` as it was written; only a real property resolves it.
export function colour(name, opacity = 1) {
  probe.style.color = `var(--${name})`;
  const found = getComputedStyle(probe).color;
  return opacity === 1 ? found : found.replace(/^rgba?\(([^)]*)\)$/, `rgba($1, ${opacity})`);
}

// Plotly would take tags and entities in a text for its own.
export const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

// Days without a time; Plotly would place others where the day begins in any case.
export const day = (date) => date.replace(/[T ]00:00(:00)?$/, "");
const millis = (value) =>
  typeof value === "number" ? value : Date.parse(`${value.length > 10 ? value.replace(" ", "T") : `${value}T00:00`}Z`);

export function line(x, y, name, own) {
  const { colour: shade, dash = "solid", width = 2, ...more } = own;
  const look = { color: shade, width, dash };
  return { type: "scatter", mode: "lines", x, y, name: escaped(name), line: look, showlegend: false, ...more };
}

function axis({ title = "", ...settings }) {
  const [muted, grid] = [colour("muted"), colour("line")];
  return {
    automargin: true,
    gridcolor: grid,
    linecolor: grid,
    zeroline: false,
    tickfont: { color: muted, size: narrow.matches ? 11 : 13 },
    title: { text: escaped(title), font: { size: 13, color: muted }, standoff: 8 },
    fixedrange: narrow.matches, // a finger scrolls the page
    ...settings,
  };
}

export const dates = (values) => ({
  type: "date",
  hoverformat: values.some((value) => value.length > 10) ? `${dayFormat}, %H:%M` : dayFormat,
  nticks: narrow.matches ? 3 : 8,
  tickangle: 0,
  showgrid: false,
});

export function layout(x, y, ends, more = {}) {
  const [text, surface] = [colour("text"), colour("surface")];
  return {
    height: HEIGHT,
    autosize: true,
    margin: { l: 56, r: 16 + (narrow.matches ? 0 : Math.max(0, ...ends.map(({ name }) => width(name)))), t: 16, b: 40 },
    paper_bgcolor: surface,
    plot_bgcolor: surface,
    font: { family: FONT, size: 13, color: text },
    hoverlabel: { bgcolor: surface, bordercolor: colour("border"), font: { color: text, family: FONT, size: 13 } },
    showlegend: narrow.matches && ends.length > 0,
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", itemclick: false, itemdoubleclick: false },
    separators,
    uirevision: "kept", // new data or colours keep the reader's zoom
    dragmode: narrow.matches ? false : "zoom",
    xaxis: axis(x),
    yaxis: axis(narrow.matches ? { ...y, title: "" } : y),
    ...more,
  };
}

const ruler = document.createElement("canvas").getContext("2d");

function width(name) {
  ruler.font = `600 ${LABEL}px ${FONT}`;
  return Math.max(...lines(name).map((each) => ruler.measureText(each).width));
}

// A long name in two lines.
function lines(name) {
  if (name.length <= 16) return [name];
  const middle = name.length / 2;
  const spaces = [...name.matchAll(/ /g)].map((found) => found.index);
  if (!spaces.length) return [name];
  const cut = spaces.reduce((best, each) => (Math.abs(each - middle) < Math.abs(best - middle) ? each : best));
  return [name.slice(0, cut), name.slice(cut + 1)];
}

// The labels that fit what is seen now: each beside the last visible point of its line, none on another. They
// are placed in shares of the picture, for a label in units of an axis would widen what the axis shows.
//
// An end: { name, colour, x, y, start } with the points of its line; `start` labels the first instead.
export function labels(ends, { xaxis, yaxis }, height) {
  const [from, to] = xaxis.range.map(millis);
  const [low, high] = yaxis.range;
  const placed = [];
  for (const { name, colour: shade, x, y, start } of ends) {
    const seen = x.map(millis).map((at, i) => (at >= from && at <= to && y[i] !== null ? i : -1)).filter((i) => i >= 0);
    const i = start ? seen[0] : seen.at(-1);
    if (i === undefined || y[i] < low || y[i] > high) continue;
    const across = (millis(x[i]) - from) / (to - from);
    placed.push({ name, shade, start, across, pixel: ((y[i] - low) / (high - low)) * height });
  }
  spread(placed.filter((each) => !each.start).sort((a, b) => b.pixel - a.pixel), height);
  return placed.map(({ name, shade, start, across, pixel }) => ({
    xref: "paper",
    x: across,
    xanchor: "left",
    xshift: start ? 0 : 4,
    yref: "paper",
    y: pixel / height,
    yanchor: start ? "bottom" : "middle",
    yshift: start ? 6 : 0,
    text: lines(name).map(escaped).join("<br>"),
    font: { color: shade, size: LABEL, weight: 600 },
    align: "left",
    showarrow: false,
  }));
}

// From the top down, each at least a line below the one before; then the whole stack back into the picture.
function spread(stack, height) {
  let above = Infinity;
  for (const each of stack) {
    const half = (GAP * lines(each.name).length) / 2;
    each.pixel = Math.min(each.pixel, above - half);
    above = each.pixel - half;
  }
  const tooLow = Math.max(0, -above);
  for (const each of stack) each.pixel += tooLow;
}
