// The form of a training: what it costs, what is in a file, and what a click on the button does.

const form = document.getElementById("training");
const COST_AFTER_MS = 300;

document.getElementById("problems")?.focus();

// A link from elsewhere may ask for a kind of series: #csv.
const asked = document.getElementById(location.hash.slice(1))?.querySelector('input[name="series"]');
if (asked && !document.getElementById("problems")) asked.checked = true;

// Cost

let timer = 0;
let newest = 0;

async function updateCost() {
  const fields = new FormData(form);
  fields.delete("file");
  const mine = ++newest;
  // Not `form.dataset`: there is a field of that name.
  const address = `${form.getAttribute("data-cost")}?${new URLSearchParams(fields)}`;
  const answer = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || mine !== newest) return; // a later change has asked again
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const here = document.getElementById("cost");
  if (here.textContent.trim() !== fresh.body.textContent.trim()) here.replaceChildren(...fresh.body.childNodes);
}

function costSoon() {
  clearTimeout(timer);
  timer = setTimeout(updateCost, COST_AFTER_MS);
}

form.addEventListener("input", costSoon);
form.addEventListener("change", costSoon);

// Architectures

function countFamily(family) {
  const boxes = [...family.querySelectorAll('[name="model_ids"]')];
  const n = boxes.filter((box) => box.checked).length;
  const all = family.querySelector("[data-all]");
  all.checked = n === boxes.length;
  all.indeterminate = n > 0 && n < boxes.length;
  const count = family.querySelector("[data-count]");
  count.textContent = count.dataset.count.replace("{n}", n);
}

function countAll() {
  for (const family of form.querySelectorAll("[data-family]")) countFamily(family);
  const n = form.querySelectorAll('[name="model_ids"]:checked').length;
  const chosen = document.getElementById("chosen");
  chosen.textContent = chosen.dataset.of.replace("{n}", n);
}

for (const all of form.querySelectorAll("[data-all]")) all.hidden = false;
countAll();
form.addEventListener("change", (event) => {
  const { target } = event;
  if (target.matches("[data-all]")) {
    for (const box of target.closest("[data-family]").querySelectorAll('[name="model_ids"]')) box.checked = target.checked;
  }
  if (target.matches("[data-all], [name=model_ids]")) countAll();
});

// The file, read without storing it

const READING = { name: "name", column: "column", csv_symbol: "symbol", decimal: "decimal", day_first: "day_first", measures: "measures" };
const file = document.getElementById("file");
const preview = document.getElementById("preview");

function element(tag, text, className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

function tell(title, sentences, className) {
  const list = document.createElement("ul");
  list.append(...sentences.filter(Boolean).map((sentence) => element("li", sentence)));
  preview.className = `preview ${className}`;
  preview.replaceChildren(element("strong", title), list);
  preview.hidden = false;
}

// Where the command line has an option, the form has a field.
function remedy(hint) {
  if (!hint?.includes("--")) return hint;
  document.getElementById("reading").open = true;
  return hint.includes("--allow-jumps") ? preview.dataset.jumps : preview.dataset.meant;
}

async function previewFile() {
  if (!file.files.length) {
    preview.hidden = true;
    return;
  }
  const fields = new FormData();
  fields.append("file", file.files[0]);
  fields.append("dry_run", "true");
  fields.append("allow_jumps", String(document.getElementById("allow_jumps").checked));
  for (const [name, there] of Object.entries(READING)) {
    const value = form.elements[name].value.trim();
    if (value) fields.append(there, value);
  }
  tell(preview.dataset.reading, [], "busy");
  const answer = await fetch(preview.dataset.url, { method: "POST", body: fields }).catch(() => null);
  const told = await answer?.json().catch(() => null);
  if (!told) tell(preview.dataset.lost, [], "");
  else if (answer.ok) tell(preview.dataset.title, [...told.understood, ...told.warnings.map((each) => each.message)], "good-news");
  else tell(preview.dataset.failed, [told.error.message, remedy(told.error.hint)], "bad-news");
}

file.addEventListener("change", previewFile);
for (const name of [...Object.keys(READING), "allow_jumps"]) {
  form.elements[name].addEventListener("change", previewFile);
}

// What was chosen before this script came, or what the browser kept over a reload.
previewFile();
costSoon();

// The button: never disabled; what is sent twice makes one experiment, by its key.

const start = form.querySelector(".start");
const words = start.textContent;
form.addEventListener("submit", () => {
  start.textContent = start.dataset.busy;
  start.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => {
  start.textContent = words; // also when somebody comes back to the page
  start.removeAttribute("aria-busy");
});
