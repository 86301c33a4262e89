// Plotly, loaded when the first chart needs it: its own file, under our content policy, in the reader's
// language.

// Plotly writes two `<style>`s into a page, which the policy forbids, unless it finds a link of this id to its
// rules, and an element for those of its maps, which we do not draw. The linked sheet tells that one's id.
const RULES = "plotly.js-style-global";
const ADDRESS = document.documentElement.dataset.plotly; // less what the files' names end in

let loading = null;

function arrived(element) {
  return new Promise((resolve, reject) => {
    element.onload = resolve;
    element.onerror = () => reject(new Error(`${element.src || element.href} did not come`));
    document.head.append(element);
  });
}

async function load() {
  const rules = document.createElement("link");
  Object.assign(rules, { rel: "stylesheet", id: RULES, className: "no-inline-styles", href: `${ADDRESS}.css` });
  await arrived(rules);
  const maps = document.createElement("template");
  maps.id = getComputedStyle(document.documentElement).getPropertyValue("--plotly-mark").replaceAll('"', "").trim();
  document.head.append(maps);
  const script = document.createElement("script");
  script.src = `${ADDRESS}.min.js`;
  await arrived(script);
  return window.Plotly;
}

export function plotly() {
  loading ??= load().catch((error) => {
    loading = null; // the next chart tries again
    throw error;
  });
  return loading;
}

const language = document.documentElement.lang || "en";
const isPortuguese = language.startsWith("pt");

export const number = (value, digits = 6) =>
  new Intl.NumberFormat(language, { maximumSignificantDigits: digits }).format(value);

// How Plotly's own formats write numbers and dates; it has English names for months unless told others.
function localeOf() {
  const part = (type) => new Intl.NumberFormat(language).formatToParts(-1234567.8).find((each) => each.type === type).value;
  const names = (count, style, start) =>
    Array.from({ length: count }, (_, i) => {
      const at = Object.keys(style)[0] === "month" ? Date.UTC(start, i, 15) : Date.UTC(start, 0, 1 + i);
      return new Intl.DateTimeFormat(language, { ...style, timeZone: "UTC" }).format(at);
    });
  return {
    moduleType: "locale",
    name: language,
    dictionary: {},
    format: {
      months: names(12, { month: "long" }, 2023),
      shortMonths: names(12, { month: "short" }, 2023),
      days: names(7, { weekday: "long" }, 2023), // that year began on a Sunday
      shortDays: names(7, { weekday: "short" }, 2023),
      decimal: part("decimal"),
      thousands: part("group"),
      year: "%Y",
      month: "%b %Y",
      dayMonth: isPortuguese ? "%-d de %b" : "%b %-d",
      dayMonthYear: isPortuguese ? "%-d de %b de %Y" : "%b %-d, %Y",
      date: isPortuguese ? "%-d de %b de %Y" : "%b %-d, %Y",
    },
  };
}

const locale = localeOf();
export const separators = locale.format.decimal + locale.format.thousands;
export const dayFormat = locale.format.dayMonthYear;

export const config = {
  displayModeBar: false,
  showSendToCloud: false,
  plotlyServerURL: "",
  showTips: false,
  responsive: true,
  locale: language,
  locales: { [language]: locale },
};
