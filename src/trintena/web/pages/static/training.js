// One experiment: what its page does beyond what HTML does. Everything is heard at the document, so that it
// goes on working when parts of the page are replaced.
import { drawAll } from "./charts.js";
import { follow } from "./live.js";
import { fetchTable, filterRows, makeSortable } from "./tables.js";

function enhance(root) {
  makeSortable(root);
  filterRows(root);
  drawAll(root);
}

document.addEventListener("click", (event) => {
  const cancel = event.target.closest("#cancel");
  const dialog = document.getElementById("cancel-dialog");
  if (cancel && dialog) {
    event.preventDefault();
    dialog.showModal();
  }
  const filter = event.target.closest("[data-filter]");
  if (filter) {
    for (const button of filter.parentElement.children) {
      button.setAttribute("aria-pressed", String(button === filter));
    }
    filterRows(document);
  }
});

// Opening does not bubble, but it is captured on its way down.
document.addEventListener("toggle", (event) => {
  if (event.target.open && event.target.dataset?.table) fetchTable(event.target);
}, true);

const experiment = document.getElementById("experiment");
if (experiment.dataset.view === "live") follow(experiment, enhance);
enhance(document);
