// A running experiment: the server says when something happened, and the page asks for itself again. So
// every word and every number comes from the same templates, whether or not anything of this runs.
import { redraw } from "./charts.js";

const EVERY_MS = 1000; // at most so often
const CURVES_EVERY_MS = 3000;
const POLL_MS = 3000;
const NEWS = ["state", "progress", "trial", "best"];
const OVER = ["succeeded", "failed", "cancelled"];
const FROM_NOW = Number.MAX_SAFE_INTEGER;

const parts = new Map(); // what the server last said of each part, before scripts changed it

function remember(root) {
  parts.clear();
  for (const part of root.querySelectorAll("[data-part]")) parts.set(part.dataset.part, part.innerHTML);
}

// Replace what is inside, but keep the focus where it was.
function replace(element, nodes) {
  const focused = element.contains(document.activeElement) ? document.activeElement.id : "";
  element.replaceChildren(...nodes);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function swapParts(root, fresh) {
  for (const there of fresh.querySelectorAll("[data-part]")) {
    const name = there.dataset.part;
    const here = root.querySelector(`[data-part="${name}"]`);
    if (!here || parts.get(name) === there.innerHTML) continue;
    parts.set(name, there.innerHTML);
    replace(here, there.childNodes);
  }
}

// Parts that came, such as the ranking once training has begun, change more than a part.
function sameShape(root, fresh) {
  const shape = (each) => [...each.querySelectorAll("[data-part]")].map((part) => part.dataset.part).join();
  return root.dataset.view === fresh.dataset.view && shape(root) === shape(fresh);
}

export function follow(first, enhance) {
  let root = first;
  let stream = null;
  let poll = 0;
  let timer = 0;
  let lastCurves = 0;
  let later = 0;
  const id = root.dataset.experiment;
  remember(root);

  function say(page) {
    const [here, there] = [document, page].map((each) => each.getElementById("announcement"));
    if (here.textContent !== there.textContent) here.textContent = there.textContent; // spoken once
    document.title = page.title;
    const [chip, other] = [document.querySelector("a.chip.running"), page.querySelector("a.chip.running")];
    if (chip && other) chip.replaceChildren(...other.childNodes);
    else chip?.remove();
  }

  async function refresh() {
    timer = 0;
    if (document.hidden || !root) return;
    const address = `/advanced-training?experiment=${id}`;
    const answer = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) return; // the server is away for a moment; the stream tells, too
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("experiment");
    if (!fresh) return;
    say(page);
    if (sameShape(root, fresh)) {
      swapParts(root, fresh);
      enhanceLive();
      return;
    }
    if (root.querySelector("dialog[open]") && fresh.dataset.view === "live") return; // once it is closed
    const [x, y] = [scrollX, scrollY];
    root.replaceWith(fresh);
    root = fresh;
    remember(root);
    enhance(document);
    scrollTo(x, y);
    if (root.dataset.view !== "live") stop();
  }

  function enhanceLive() {
    enhance(document);
    later ||= setTimeout(redrawCurves, Math.max(lastCurves + CURVES_EVERY_MS - Date.now(), 0));
  }

  function redrawCurves() {
    later = 0;
    lastCurves = Date.now();
    const curves = document.getElementById("curves");
    if (curves) redraw(curves);
  }

  function soon() {
    timer ||= setTimeout(refresh, EVERY_MS);
  }

  function connect() {
    if (stream || document.hidden || !root) return;
    stream = new EventSource(`/api/experiments/${id}/events?after=${FROM_NOW}`);
    stream.onopen = () => lost(false);
    stream.onerror = () => {
      lost(true);
      if (stream?.readyState === EventSource.CLOSED) disconnect();
      poll ||= setInterval(ask, POLL_MS);
    };
    for (const kind of NEWS) stream.addEventListener(kind, soon);
    stream.addEventListener("state", (event) => {
      // The server ends the stream now; that is no loss.
      if (OVER.includes(JSON.parse(event.data).state)) disconnect();
    });
  }

  function disconnect() {
    stream?.close();
    stream = null;
  }

  function lost(is) {
    document.getElementById("lost").hidden = !is;
    if (!is) {
      clearInterval(poll);
      poll = 0;
    }
  }

  // Where the stream does not come back by itself: is the server there again?
  async function ask() {
    const answer = await fetch(`/api/train-progress?experiment=${id}`).catch(() => null);
    if (!answer?.ok) return;
    soon();
    disconnect();
    connect();
  }

  function stop() {
    disconnect();
    lost(false);
    root = null;
  }

  document.addEventListener("visibilitychange", () => {
    if (!root) return;
    if (document.hidden) {
      disconnect();
    } else {
      connect();
      soon();
    }
  });
  addEventListener("pagehide", disconnect);
  connect();
}
