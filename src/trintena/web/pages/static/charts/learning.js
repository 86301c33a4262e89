// Learning curves: what each epoch brought, the best trial of each architecture, beside the last value.
import { colour, escaped, layout, line, narrow } from "./look.js";
import { number } from "./plotly.js";

const TICKS = ",.4~g";
const named = ({ model_id: id, model_name: name }) => `${id} ${name}`;

// One training that went astray would press all others flat: all of `whole`, the lower nine tenths of the rest.
function view(values, whole) {
  const [seen, must] = [values, whole].map((each) => each.filter((value) => value !== null && value !== undefined));
  const sorted = seen.sort((a, b) => a - b);
  const low = Math.min(...sorted.slice(0, 1), ...must);
  const high = Math.max(...must, ...sorted.slice(0, Math.ceil(sorted.length * 0.9)).slice(-1));
  const pad = 0.06 * (high - low) || 0.01 * Math.abs(high) || 1;
  return [low - pad, high + pad];
}

export function learningCurves({ curves, running = [], last_value_rmse: last }, words, chosen) {
  const trials = [...curves, ...running.filter((each) => each.validation.length)];
  if (!trials.length) return null;
  const stands = trials.some((each) => each.model_id === chosen) ? chosen : trials[0].model_id;
  const choices = new Map(trials.map((each) => [each.model_id, named(each)]));
  const about = { choices, stands };
  if (trials.every((each) => each.validation.length <= 1)) return { ...dots(trials, last, words, stands), ...about };
  const longest = Math.max(...trials.map((each) => each.validation.length));
  const data = trials.map((each) => curve(each, words, each.model_id === stands, running.includes(each)));
  const own = trials.filter((each) => each.model_id === stands);
  const ends = own.slice(0, 1).map((each, i) => ({ name: named(each), colour: colour("chart-model"), x: data[trials.indexOf(own[i])].x, y: each.validation }));
  if (last !== null) {
    const shade = colour("chart-last-value");
    data.push(line([1, longest], [last, last], words.last_value, { colour: shade, dash: "dash", hoverinfo: "skip", zorder: 3, showlegend: narrow.matches }));
    ends.push({ name: words.last_value, colour: shade, x: [1, longest], y: [last, last] });
  }
  const range = view(trials.flatMap((each) => each.validation), [...own.flatMap((each) => each.validation), last]);
  const x = { title: words.epoch, tickformat: ",d", dtick: longest <= 10 ? 1 : undefined, showgrid: false };
  x.range = [1 - 0.02 * (longest - 1), longest + 0.02 * (longest - 1)];
  const y = { title: words.validation_rmse, tickformat: TICKS, range };
  return { data, ends, layout: layout(x, y, ends, { hovermode: "closest" }), ...about };
}

// One that trains now ends in a mark, where it grows.
function curve(trial, words, stands, grows) {
  const n = trial.validation.length;
  return line(Array.from({ length: n }, (_, i) => i + 1), trial.validation, named(trial), {
    colour: stands ? colour("chart-model") : colour("border", 0.6),
    width: stands ? 3 : 1,
    mode: grows || n === 1 ? "lines+markers" : "lines",
    marker: { size: trial.validation.map((_, i) => (i === n - 1 ? 7 : 0)), opacity: 1, line: { width: 0 } },
    showlegend: stands && narrow.matches,
    meta: { model: trial.model_id },
    zorder: stands ? 2 : 0,
    hovertemplate: `%{fullData.name}<br>${escaped(words.epoch)} %{x}: %{y:,.6~g}<extra></extra>`,
  });
}

// After one epoch there is a point, not a curve: one for each architecture, the best at the top.
function dots(trials, last, words, stands) {
  const best = new Map();
  for (const each of trials) {
    const value = each.rmse ?? each.validation[0];
    if (value !== undefined && !(best.get(each.model_id)?.value <= value)) best.set(each.model_id, { ...each, value });
  }
  const sorted = [...best.values()].sort((a, b) => b.value - a.value);
  const [model, rest] = [colour("chart-model"), colour("border")];
  const data = [
    {
      type: "scatter",
      mode: "markers",
      x: sorted.map((each) => each.value),
      y: sorted.map((each) => escaped(named(each))),
      marker: {
        color: sorted.map((each) => (each.model_id === stands ? model : rest)),
        size: sorted.map((each) => (each.model_id === stands ? 12 : 9)),
        opacity: 1,
        line: { width: 0 },
      },
      customdata: sorted.map((each) => each.model_id),
      hovertemplate: "%{y}: %{x:,.6~g}<extra></extra>",
      cliponaxis: false,
    },
  ];
  const range = view(sorted.map((each) => each.value), [last]);
  const more = { hovermode: "closest", margin: { l: 56, r: 16, t: 28, b: 40 } };
  if (sorted.length > 10) more.height = 96 + 24 * sorted.length;
  if (last !== null) {
    const shade = colour("chart-last-value");
    const isRight = last > (range[0] + range[1]) / 2;
    more.shapes = [{ type: "line", x0: last, x1: last, yref: "paper", y0: 0, y1: 1, line: { color: shade, width: 2, dash: "dash" } }];
    more.annotations = [
      { x: last, xanchor: isRight ? "right" : "left", xshift: isRight ? 8 : -8, yref: "paper", y: 1, yanchor: "bottom", text: `${escaped(words.last_value)} ${number(last)}`, showarrow: false, font: { color: shade, weight: 600 } },
    ];
  }
  const x = { title: words.validation_rmse, tickformat: TICKS, nticks: narrow.matches ? 3 : 8, tickangle: 0, range };
  return { data, ends: [], layout: layout(x, { type: "category", showgrid: false }, [], more) };
}
