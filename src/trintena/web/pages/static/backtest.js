// A backtest on the page of its model: whenever something happened, its part asks for itself again.
import { drawAll } from "./charts.js";

const EVERY_MS = 1000; // at most so often
const NEWS = ["state", "progress", "trial"];
const FROM_NOW = Number.MAX_SAFE_INTEGER;

const part = document.getElementById("backtest-part");
const said = document.getElementById("backtest-said");
let stream = null;
let timer = 0;

const isLive = () => part.querySelector("[data-live]") !== null;

async function refresh() {
  timer = 0;
  const answer = await fetch(part.dataset.source, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return; // the server is away for a moment; the stream tells when it is back
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  part.replaceChildren(...fresh.body.childNodes);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  const now = part.querySelector("[data-said]").dataset.said;
  if (said.textContent !== now) said.textContent = now; // spoken once
  if (isLive()) return;
  stream.close();
  drawAll(part);
}

if (part && isLive()) {
  // The browser connects again by itself, and is told first of all how the backtest stands.
  stream = new EventSource(`/api/experiments/${part.dataset.experiment}/events?after=${FROM_NOW}`);
  for (const kind of NEWS) stream.addEventListener(kind, () => (timer ||= setTimeout(refresh, EVERY_MS)));
  addEventListener("pagehide", () => stream.close());
}
