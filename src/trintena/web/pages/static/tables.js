// Tables: sorting by a click on a heading, showing some rows only, fetching the data behind a chart.

const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });

function valueOf(row, column) {
  const cell = row.cells[column];
  return cell.dataset.value ?? cell.textContent.trim();
}

function sort(table, heading, direction) {
  const column = heading.cellIndex;
  const isText = heading.dataset.sort === "text";
  const sign = direction === "ascending" ? 1 : -1;
  const rows = [...table.tBodies[0].rows];
  rows.sort((a, b) => {
    const [left, right] = [valueOf(a, column), valueOf(b, column)];
    if (left === "" || right === "") return (left === "") - (right === ""); // what has no value stays below
    return sign * (isText ? collator.compare(left, right) : Number(left) - Number(right));
  });
  table.tBodies[0].append(...rows);
  for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", direction);
}

export function makeSortable(root) {
  for (const table of root.querySelectorAll("table[data-sortable]")) {
    for (const heading of table.tHead.rows[0].querySelectorAll("[data-sort]")) {
      if (heading.querySelector("button")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => {
        const first = heading.dataset.first ?? "ascending";
        const other = first === "ascending" ? "descending" : "ascending";
        sort(table, heading, heading.getAttribute("aria-sort") === first ? other : first);
      });
    }
  }
}

export function filterRows(root) {
  const filter = root.querySelector("#filter");
  if (!filter) return;
  filter.hidden = false;
  const wanted = filter.querySelector('[aria-pressed="true"]').dataset.filter;
  const rows = [...root.querySelectorAll("#live-table tbody tr")];
  for (const row of rows) row.hidden = wanted !== "all" && row.dataset.state !== wanted;
  root.querySelector("#no-rows").hidden = rows.some((row) => !row.hidden);
}

export async function fetchTable(details) {
  const address = details.dataset.table;
  delete details.dataset.table; // once; the link stays where it fails
  const answer = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const data = fresh.querySelector("#data .scroll");
  if (data) details.lastElementChild.replaceWith(data);
}
