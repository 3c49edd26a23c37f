// The page put together: which index, which view, which language, light or dark.

import * as api from "./api.js";
import * as documents from "./documents.js";
import * as hits from "./hits.js";
import { complain, find, make } from "./making.js";
import * as talk from "./talk.js";
import * as viewer from "./viewer.js";
import { say, speak } from "./words.js";

const VIEWS = ["ask", "search", "documents", "reports"];
const FIELDS = { ask: "question", search: "query" };
let indexes = [];

function choose(view) {
  for (const name of VIEWS) {
    const tab = find(`tab-${name}`);
    find(`view-${name}`).hidden = name !== view;
    tab.setAttribute("aria-selected", String(name === view));
    tab.tabIndex = name === view ? 0 : -1;
  }
  location.hash = view;
  if (view === "documents" && indexes.length) documents.list();
}

function open(name) {
  const index = indexes.find((one) => one.name === name) ?? indexes[0];
  find("index").value = index.name;
  viewer.close();
  talk.about(index);
  hits.about(index);
  documents.about(index, refresh);
}

async function refresh() {
  const chosen = find("index").value;
  indexes = await api.indexes();
  find("index").replaceChildren(
    ...indexes.map(({ name, documents: count, pages }) =>
      make("option", { value: name }, `${name} (${count} · ${pages})`),
    ),
  );
  if (indexes.some(({ name }) => name === chosen)) find("index").value = chosen;
}

async function listReports() {
  const { reports } = await api.reports();
  find("tab-reports").hidden = !reports.length;
  find("reports").replaceChildren(
    ...reports.map((name) => make("li", {}, make("a", { href: `/reports/${encodeURIComponent(name)}`, target: "_blank", rel: "noopener" }, name))),
  );
}

function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  localStorage.setItem("theme", theme ?? "");
}

function setLanguage(chosen) {
  const spoken = speak(chosen);
  const other = spoken === "zh" ? ["English", "en"] : ["中文", "zh"];
  Object.assign(find("language"), { textContent: other[0], lang: other[1] });
  find("language").setAttribute("aria-label", other[0]);
  hits.again();
  talk.again();
}

find("language").addEventListener("click", () => {
  const chosen = find("language").lang;
  localStorage.setItem("language", chosen);
  setLanguage(chosen);
  if (indexes.length) hits.about(indexes.find(({ name }) => name === find("index").value));
});
find("theme").addEventListener("click", () => {
  const dark = document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  setTheme(dark ? "light" : "dark");
});
find("index").addEventListener("change", (event) => open(event.target.value));
for (const name of VIEWS) find(`tab-${name}`).addEventListener("click", () => choose(name));
find("tabs").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault(); // it is not for the page beside
  const shown = VIEWS.filter((name) => !find(`tab-${name}`).hidden);
  const at = shown.findIndex((name) => find(`tab-${name}`).getAttribute("aria-selected") === "true");
  const next = shown[(at + step + shown.length) % shown.length];
  choose(next);
  find(`tab-${next}`).focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  const field = FIELDS[location.hash.slice(1)];
  if (!field) return;
  event.preventDefault();
  find(field).focus();
});
addEventListener("hashchange", () => VIEWS.includes(location.hash.slice(1)) && choose(location.hash.slice(1)));

setTheme(localStorage.getItem("theme") || null);
setLanguage(localStorage.getItem("language") || undefined);
choose(VIEWS.includes(location.hash.slice(1)) ? location.hash.slice(1) : "ask");
try {
  const [server] = await Promise.all([api.health(), refresh(), listReports()]);
  documents.allow(!server.read_only);
  open(new URLSearchParams(location.search).get("index"));
} catch (error) {
  complain(error.message === "offline" ? say("offline") : say("failed", { reason: error.message }));
}
