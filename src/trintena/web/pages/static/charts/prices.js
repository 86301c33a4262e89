// What was forecast: the gain over the last value and the path of prices on the test segment, and what is next.
import { colour, dates, day, layout, line, narrow } from "./look.js";

const OPENS_ON = 90; // the newest dates of the test segment
const LEAST_SHOWN = 30; // dates of history beside a forecast
const LEVELS = ["95", "80"];
const VALUE = "%{fullData.name}: %{y:,.6~g}<extra></extra>";

const styles = {
  actual: () => ({ colour: colour("text") }),
  model: () => ({ colour: colour("chart-model"), zorder: 2 }),
  last_value: () => ({ colour: colour("chart-last-value"), dash: "dash", zorder: 3 }), // seen on what repeats it
};

const capital = (word) => word.charAt(0).toLocaleUpperCase() + word.slice(1);

function pictured(series, words) {
  const data = [];
  const ends = [];
  for (const { key, x, y, start = false, ...more } of series) {
    const style = styles[key]();
    const name = capital(words[key]);
    data.push(line(x, y, name, { ...style, showlegend: narrow.matches, ...more }));
    ends.push({ name, colour: style.colour, x, y, start });
  }
  return { data, ends };
}

// All of the values, with air.
function around(values) {
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const pad = 0.06 * (high - low) || 0.01 * Math.abs(high) || 1;
  return [low - pad, high + pad];
}

export function testGain({ dates: targets, error_saved: saved }, words) {
  if (!saved?.length) return null;
  const x = targets.map((row) => day(row[0]));
  const { data, ends } = pictured(
    [
      { key: "model", x, y: saved, hovertemplate: "%{y:+.2%}<extra></extra>" },
      { key: "last_value", x: [x[0], x.at(-1)], y: [0, 0], hoverinfo: "skip" },
    ],
    words,
  );
  const y = { title: words.saved, tickformat: "+.1~%" };
  return { data, ends, layout: layout(dates(x), y, ends, { hovermode: "x unified" }) };
}

// The band that was shown with each forecast: nine of ten values are meant to lie in it.
const BAND = "90";

function band(x, bounds) {
  const side = (rows) => rows.map((row) => row.at(-1));
  const edge = { colour: "rgba(0,0,0,0)", width: 0, hoverinfo: "skip", meta: { interval: BAND } };
  return [
    line(x, side(bounds.lower), `${BAND} %`, edge),
    line(x, side(bounds.upper), `${BAND} %`, { ...edge, fill: "tonexty", fillcolor: colour("chart-model", 0.12) }),
  ];
}

export function pricePath({ dates: targets, actual, forecast, last, intervals: levels }, words) {
  if (!targets?.length) return null;
  const x = targets.map((row) => day(row.at(-1)));
  const columns = { actual: actual.map((row) => row.at(-1)), last_value: last, model: forecast.map((row) => row.at(-1)) };
  const { data, ends } = pictured(
    Object.entries(columns).map(([key, y]) => ({ key, x, y, hovertemplate: VALUE })),
    words,
  );
  const bounds = levels?.[BAND];
  if (bounds) data.unshift(...band(x, bounds));
  const newest = Object.values(columns).flatMap((y) => y.slice(-OPENS_ON));
  if (bounds) newest.push(...[bounds.lower, bounds.upper].flatMap((rows) => rows.slice(-OPENS_ON).map((row) => row.at(-1))));
  const opening = x.length > 1 ? { range: [x.at(-Math.min(OPENS_ON, x.length)), x.at(-1)] } : {};
  const y = { tickformat: ",.6~g", range: around(newest) };
  return { data, ends, layout: layout({ ...dates(x), ...opening }, y, ends, { hovermode: "x unified" }) };
}

// `forecast`: [{ date, value, intervals?: { "80": [low, high], "95": [low, high] } }], one for each step.
export function forecast({ history, forecast: steps, origin, last_value: last }, words) {
  if (!steps?.length) return null;
  const from = day(origin);
  const past = { x: history.map((row) => day(row.date)), y: history.map((row) => row.value) };
  const ahead = { x: steps.map((step) => day(step.date)), y: steps.map((step) => step.value) };
  const { data, ends } = pictured(
    [
      { key: "actual", ...past, start: true, hovertemplate: VALUE },
      { key: "last_value", x: [from, ahead.x.at(-1)], y: [last, last], hoverinfo: "skip" },
      {
        key: "model",
        x: [from, ...ahead.x],
        y: [last, ...ahead.y],
        mode: "lines+markers",
        marker: { size: [0, ...ahead.y.map(() => 7)], opacity: 1, line: { width: 0 } },
        hovertemplate: VALUE,
      },
    ],
    words,
  );
  const shown = past.x.slice(-Math.max(LEAST_SHOWN, 3 * steps.length));
  const bounds = steps.flatMap((step) => Object.values(step.intervals ?? {}).flat());
  const x = { ...dates([...past.x, ...ahead.x]), range: [shown[0], beyond(from, ahead.x.at(-1))] };
  const y = { tickformat: ",.6~g", range: around([...past.y.slice(-shown.length), ...ahead.y, last, ...bounds]) };
  return {
    data: [...intervals(steps, ahead.x, from, last), ...data],
    ends,
    layout: layout(x, y, ends, { hovermode: "x unified" }),
  };
}

// A little after the last date, so that its mark is whole.
function beyond(from, to) {
  const [start, end] = [from, to].map((date) => Date.parse(`${date.length > 10 ? date : `${date}T00:00`}Z`));
  return new Date(end + Math.min(end - start, 43_200_000) / 2).toISOString().slice(0, 19);
}

// One or two dates make no band that could be seen: bars there, two overlapping bands beyond.
function intervals(steps, x, from, last) {
  const drawn = [];
  for (const level of LEVELS.filter((each) => steps.every((step) => step.intervals?.[each]))) {
    const [low, high] = [0, 1].map((side) => steps.map((step) => step.intervals[level][side]));
    const name = `${level} %`;
    if (steps.length <= 2) {
      const values = steps.map((step) => step.value);
      const error_y = {
        type: "data",
        symmetric: false,
        array: high.map((value, i) => value - values[i]),
        arrayminus: low.map((value, i) => values[i] - value),
        color: colour("chart-model", level === "80" ? 0.9 : 0.5),
        thickness: level === "80" ? 4 : 1.5,
        width: level === "80" ? 0 : 6,
      };
      drawn.push({ ...line(x, values, name, { colour: "rgba(0,0,0,0)" }), error_y, hoverinfo: "skip", meta: { interval: level } });
      continue;
    }
    const edge = { colour: colour("chart-model", 0.35), width: 1, hoverinfo: "skip", meta: { interval: level } };
    drawn.push(
      line([from, ...x], [last, ...low], name, edge),
      line([from, ...x], [last, ...high], name, { ...edge, fill: "tonexty", fillcolor: colour("chart-model", 0.08) }),
    );
  }
  return drawn;
}
