// The first page, alive: what runs is fetched again while something runs, ticks are counted.
const EVERY_MS = 3000;

const form = document.getElementById("compare");

function ticked() {
  return [...(form?.querySelectorAll("input:checked") ?? [])].map((box) => box.value);
}

function count() {
  const shown = form?.querySelector("[data-count]");
  if (!shown) return;
  const n = ticked().length;
  shown.textContent = `(${n})`;
  shown.hidden = n === 0;
}

function swap(id, fresh) {
  const here = document.getElementById(id);
  const there = fresh.getElementById(id);
  if (!here || !there || here.innerHTML === there.innerHTML) return;
  // Nothing is taken away from under the hands of who is at it.
  if (here.contains(document.activeElement)) return;
  const chosen = ticked();
  here.replaceChildren(...there.childNodes);
  Object.assign(here.dataset, there.dataset);
  for (const box of form?.querySelectorAll("input[name=experiment]") ?? []) {
    box.checked = chosen.includes(box.value);
  }
  count();
}

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return; // the server is away for a moment; the next round asks again
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of ["now", "champion", "queue", "rows"]) swap(id, fresh);
}

form?.addEventListener("change", count);
count();
setInterval(() => {
  if (document.getElementById("now")?.dataset.live === "true") refresh();
}, EVERY_MS);
