// Searching: pages with their evidence, why each was found, and two or more strategies side by side.

import * as api from "./api.js";
import { complain, find, make } from "./making.js";
import { show } from "./viewer.js";
import { placed, say } from "./words.js";

let index = null;
let picture = null;
let turn = 0;

/** From now on searches go to this index. */
export function about(chosen) {
  index = chosen;
  turn++; // what is still being searched was asked of another, or in another language
  find("hits").replaceChildren();
  find("found").textContent = "";
  const views = Object.keys(index.views);
  const boxes = views.map((name) =>
    make("label", { class: "check" }, make("input", { type: "checkbox", name: "strategy", value: name, checked: true }), name),
  );
  const beside = make("label", { class: "check" }, make("input", { type: "checkbox", id: "beside" }), say("beside"));
  find("strategies").replaceChildren(make("legend", {}, say("strategies")), ...boxes, views.length > 1 ? beside : null);
  find("strategies").hidden = views.length < 2;
}

/** Say again in another language what the form says. */
export function again() {
  const chosen = find("only-kind").value;
  const kinds = ["text", "heading", "table", "figure", "formula", "page"];
  find("only-kind").replaceChildren(
    make("option", { value: "" }),
    ...kinds.map((kind) => make("option", { value: kind }, say(`kind-${kind}`))),
  );
  find("only-kind").value = chosen;
  find("picked-picture").alt = say("picked-alt");
}

function filters() {
  const [first, last] = find("only-pages").value.split("-").map((part) => Number(part.trim()) || undefined);
  return {
    documents: find("only-document").value.trim() ? [find("only-document").value.trim()] : [],
    kinds: find("only-kind").value ? [find("only-kind").value] : [],
    pages: first ? [first, last ?? first] : null,
  };
}

async function search() {
  const query = find("query").value.trim();
  if ((!query && !picture) || !index) return;
  complain(null);
  const mine = ++turn;
  const here = index;
  const chosen = [...find("strategies").querySelectorAll("[name=strategy]:checked")].map(({ value }) => value);
  const all = chosen.length === Object.keys(index.views).length;
  const lists = find("beside")?.checked && chosen.length > 1 ? chosen.map((name) => [name]) : [all ? null : chosen];
  if (!chosen.length && Object.keys(index.views).length) {
    find("found").textContent = "";
    find("hits").replaceChildren();
    return;
  }
  find("found").textContent = say("working");
  try {
    const begin = performance.now();
    const replies = await Promise.all(
      lists.map((strategies) => {
        const body = { query, top_k: 10, strategies, filters: filters() };
        return picture ? api.searchByPicture(here.name, picture, body) : api.search(here.name, body);
      }),
    );
    if (mine !== turn) return;
    const count = Math.max(...replies.map(({ hits }) => hits.length));
    find("found").textContent = count ? say("found", { count, ms: Math.round(performance.now() - begin) }) : say("none");
    find("hits").classList.toggle("beside", lists.length > 1);
    find("hits").replaceChildren(
      ...replies.map(({ hits }, at) =>
        make(
          "div",
          { class: "column" },
          lists.length > 1 ? make("h2", {}, lists[at][0]) : null,
          make("ol", { class: "hits" }, ...hits.map((hit) => item(hit, query))),
        ),
      ),
    );
  } catch (error) {
    if (mine !== turn) return;
    find("found").textContent = "";
    complain(error.message === "offline" ? say("offline") : say("failed", { reason: error.message }));
  }
}

function item(hit, question) {
  const { document, page, element, elements } = hit;
  const boxes = elements.map(({ bbox }) => bbox).filter(Boolean).slice(0, 1);
  const open = () => show({ index, document, number: page.number, boxes, quote: hit.snippet, question });
  const small = make("img", {
    src: api.pagePicture(index.name, document.id, page.number, { dpi: 36 }),
    alt: say("page-alt", { name: document.path, number: page.number }),
    loading: "lazy",
  });
  const sources = hit.sources.map(({ list, rank }) =>
    make("span", { class: "why", title: say("found-by", { list, rank }) }, `${list} ${rank}`),
  );
  return make(
    "li",
    {},
    make("button", { type: "button", class: "hit", onclick: open }, small, make("span", { class: "name" }, placed(hit))),
    make("p", { class: "snippet" }, make("b", {}, say(`kind-${element.kind}`)), " ", hit.snippet || element.caption || element.text),
    make("p", { class: "whys" }, ...sources),
  );
}

function pick(file) {
  if (file && !file.type.startsWith("image/")) return;
  if (picture) URL.revokeObjectURL(find("picked-picture").src);
  picture = file ?? null;
  find("picked").hidden = !picture;
  find("query").required = !picture;
  if (!picture) find("picture").value = "";
  else {
    find("picked-picture").src = URL.createObjectURL(picture);
    search();
  }
}

find("search").addEventListener("submit", (event) => {
  event.preventDefault();
  search();
});
for (const id of ["strategies", "only-kind", "only-pages", "only-document"]) find(id).addEventListener("change", search);
find("picture").addEventListener("change", (event) => pick(event.target.files[0]));
find("unpick").addEventListener("click", () => pick(null));
const place = find("view-search");
place.addEventListener("dragover", (event) => {
  event.preventDefault();
  place.classList.add("over");
});
place.addEventListener("dragleave", () => place.classList.remove("over"));
place.addEventListener("drop", (event) => {
  event.preventDefault();
  place.classList.remove("over");
  pick([...event.dataTransfer.files].find((file) => file.type.startsWith("image/")));
});
document.addEventListener("paste", (event) => {
  const pasted = [...(event.clipboardData?.files ?? [])].find((file) => file.type.startsWith("image/"));
  if (pasted && !place.hidden) pick(pasted);
});
