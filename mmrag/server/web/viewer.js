// The page beside the answer: its picture, and on it the evidence, the elements, or where a question matched.

import * as api from "./api.js";
import { complain, find, make } from "./making.js";
import { say } from "./words.js";

const KINDS = ["text", "heading", "table", "figure", "formula", "page"];
let shown = null; // {index, document, number, boxes, quote, question}
let opener = null;

/** Show a page. `boxes`: evidence, in shares of the page. `question`: what heat is drawn for. */
export async function show(place) {
  if (!shown) opener = document.activeElement;
  shown = { boxes: [], quote: "", question: "", ...place };
  find("viewer").hidden = false;
  document.body.classList.add("viewing");
  find("heat-label").hidden = !(shown.question && shown.index.views.visual !== undefined);
  await draw();
}

export function close() {
  if (!shown) return;
  shown = null;
  find("viewer").hidden = true;
  document.body.classList.remove("viewing");
  opener?.focus();
}

export const isOpen = () => shown !== null;

/** Turn to another page of the same document; the evidence stays with its own. */
function turn(number) {
  if (!shown || number < 1 || number > shown.document.page_count || number === shown.number) return;
  const home = shown.home ?? shown;
  const back = number === home.number;
  shown = { ...home, number, boxes: back ? home.boxes : [], quote: back ? home.quote : "", home };
  draw();
}

async function draw() {
  const here = shown;
  const { index, document: paper, number, boxes, quote, question } = here;
  const picture = find("page");
  find("place").textContent = paper.title || paper.path;
  find("place").title = paper.path;
  find("number").value = number;
  find("number").max = paper.page_count;
  find("number").setAttribute("aria-label", say(paper.paged ? "page" : "section"));
  find("count").textContent = say("of", { count: paper.page_count });
  find("before").disabled = number <= 1;
  find("after").disabled = number >= paper.page_count;
  find("quote").textContent = quote;
  const heat = find("heat").checked && !find("heat-label").hidden ? question : "";
  const dpi = Math.min(192, Math.round(96 * Math.max(1, window.devicePixelRatio)));
  picture.alt = say("page-alt", { name: paper.path, number });
  picture.src = api.pagePicture(index.name, paper.id, number, { dpi, heat });
  outline(boxes.map((box) => [box, "evidence", quote]));
  find("legend").hidden = true;
  if (!find("elements").checked) return;
  try {
    const { elements } = await api.page(index.name, paper.id, number);
    if (shown !== here) return;
    const placed = elements.filter((element) => element.bbox);
    outline([
      ...placed.map((element) => [element.bbox, `kind ${element.kind}`, element.caption || element.text]),
      ...boxes.map((box) => [box, "evidence", quote]),
    ]);
    const kinds = KINDS.filter((kind) => placed.some((element) => element.kind === kind));
    find("legend").replaceChildren(
      ...kinds.map((kind) => make("li", {}, make("i", { class: `kind ${kind}` }), say(`kind-${kind}`))),
    );
    find("legend").hidden = !kinds.length;
  } catch (error) {
    complain(say("failed", { reason: error.message }));
  }
}

function outline(boxes) {
  find("boxes").replaceChildren(
    ...boxes.map(([box, kind, title]) => {
      const frame = make("div", { class: kind, title: (title || "").slice(0, 200) });
      frame.style.left = `${box.x0 * 100}%`;
      frame.style.top = `${box.y0 * 100}%`;
      frame.style.width = `${(box.x1 - box.x0) * 100}%`;
      frame.style.height = `${(box.y1 - box.y0) * 100}%`;
      return frame;
    }),
  );
  const first = find("boxes").querySelector(".evidence");
  find("page").onload = () => first?.scrollIntoView({ block: "nearest" });
}

find("close").addEventListener("click", close);
find("before").addEventListener("click", () => turn(shown.number - 1));
find("after").addEventListener("click", () => turn(shown.number + 1));
find("number").addEventListener("change", (event) => turn(Number(event.target.value)));
find("elements").addEventListener("change", draw);
find("heat").addEventListener("change", draw);
find("page").addEventListener("error", async () => {
  if (!shown) return;
  const response = await fetch(find("page").src).catch(() => null);
  const body = await response?.json().catch(() => null);
  complain(body?.error ? say("failed", { reason: body.error.message }) : say("offline"));
});
document.addEventListener("keydown", (event) => {
  if (!shown || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") close();
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  if (event.key === "ArrowLeft" || event.key === "PageUp") turn(shown.number - 1);
  else if (event.key === "ArrowRight" || event.key === "PageDown") turn(shown.number + 1);
  else return;
  event.preventDefault();
});
