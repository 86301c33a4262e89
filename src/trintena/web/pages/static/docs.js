// Starts Swagger UI, and keeps it as light or dark as the rest of the page.

const root = document.documentElement;
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

function followTheme() {
  const schemes = getComputedStyle(root).colorScheme.split(" ");
  root.classList.toggle("dark-mode", schemes.includes("dark") && (schemes.length === 1 || systemIsDark.matches));
}

systemIsDark.addEventListener("change", followTheme);
followTheme();

const place = document.getElementById("reference");
window.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.description,
  presets: [window.SwaggerUIBundle.presets.apis],
  deepLinking: false, // its links stand inside of buttons, which no screen reader can tell apart
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null, // else it would send the description to a server elsewhere
});
