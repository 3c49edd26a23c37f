// Asking: the answer as it is written, its citations as buttons, its figures, and what could not be verified.

import * as api from "./api.js";
import { complain, find, make } from "./making.js";
import { show } from "./viewer.js";
import { placed, say } from "./words.js";

let index = null;
let history = [];
let writing = null;

const REMEMBERED = 50; // as many as the server takes

/** From now on questions go to this index. */
export function about(chosen) {
  if (index?.name !== chosen.name) start();
  index = chosen;
}

function start() {
  writing?.abort();
  history = [];
  const tries = ["try-1", "try-2"].map((key) =>
    make("button", { type: "button", class: "plain try", onclick: () => ask(say(key)) }, say(key)),
  );
  find("talk").replaceChildren(make("div", { class: "empty" }, make("p", {}, say("empty")), ...tries));
}

/** Show again in another language what was not said by a document or a model. */
export function again() {
  if (!history.length && !writing) start();
}

async function ask(question) {
  complain(null);
  find("talk").querySelector(".empty")?.remove();
  const text = make("div", { class: "text" }, make("span", { class: "quiet" }, say("working")));
  const answer = make("article", { class: "answer", "aria-busy": "true" }, text);
  find("talk").append(make("p", { class: "asked" }, question), answer);
  answer.scrollIntoView({ block: "end" });
  const mine = (writing = new AbortController());
  find("stop").hidden = false;
  let said = "";
  let whole = false;
  try {
    const earlier = history.slice(-REMEMBERED);
    for await (const [name, data] of api.chat(index.name, { question, history: earlier }, mine.signal)) {
      if (mine.signal.aborted) break; // what had come already belongs to no conversation any more
      if (name === "text") text.textContent = said += data;
      else if (name === "error") throw new api.Fault(data.message);
      else if (name === "answer") {
        answer.replaceChildren(...finished(data));
        history.push({ question: data.asked || question, answer: data.text });
        whole = true;
      }
    }
    if (!whole && !mine.signal.aborted) throw new api.Fault("offline");
  } catch (error) {
    const reason = error.message === "offline" ? say("offline") : say("failed", { reason: error.message });
    if (error.name === "AbortError") answer.append(make("p", { class: "quiet" }, say("stop")));
    else answer.append(make("p", { class: "fault", role: "alert" }, reason));
    if (!said) text.remove();
  } finally {
    answer.setAttribute("aria-busy", "false");
    answer.scrollIntoView({ block: "nearest" });
    find("stop").hidden = true;
    writing = null;
  }
}

function finished(answer) {
  const notes = [];
  if (answer.asked) notes.push(make("p", { class: "quiet" }, say("asked", { question: answer.asked })));
  if (answer.stopped) notes.push(make("p", { class: "quiet" }, say("stopped", { reason: answer.stopped })));
  const pictured = new Map(
    answer.citations.filter(({ element }) => element.picture).map((citation) => [citation.element.picture, citation]),
  );
  const sources = answer.citations.map((citation) =>
    make("li", {}, chip(answer, citation), ` ${placed(citation)}`, make("q", {}, citation.quote)),
  );
  return [
    make("div", { class: answer.refused ? "text refused" : "text" }, ...withChips(answer)),
    ...[...pictured.values()].slice(0, 4).map((citation) => figure(answer, citation)),
    sources.length ? make("ol", { class: "sources" }, ...sources) : null,
    ...notes,
  ].filter(Boolean);
}

/** The text with a button for each [n], and with a mark under what could not be verified. */
function withChips(answer) {
  const byNumber = new Map(answer.citations.map((citation) => [citation.number, citation]));
  // The server counts letters as Unicode code points do, not as JavaScript does.
  const letters = Array.from(answer.text);
  const flags = answer.flags.filter(({ begin, end }) => end > begin);
  const edges = [...new Set([0, letters.length, ...flags.flatMap(({ begin, end }) => [begin, end])])].sort((a, b) => a - b);
  const parts = [];
  for (let at = 0; at + 1 < edges.length; at++) {
    const flag = flags.find(({ begin, end }) => begin <= edges[at] && edges[at + 1] <= end);
    const text = letters.slice(edges[at], edges[at + 1]).join("");
    const pieces = text.split(/(\[\d+\])/).map((piece) => {
      const citation = /^\[\d+\]$/.test(piece) ? byNumber.get(Number(piece.slice(1, -1))) : null;
      return citation ? chip(answer, citation) : piece;
    });
    if (!flag) parts.push(...pieces);
    else parts.push(make("mark", { title: say("flagged", { kind: flag.kind, text: flag.text }) }, ...pieces));
  }
  return parts;
}

function place(answer, citation) {
  const { document, page, bbox, quote } = citation;
  return { index, document, number: page.number, boxes: bbox ? [bbox] : [], quote, question: answer.asked || answer.question };
}

function chip(answer, citation) {
  const label = say("source", { number: citation.number, name: citation.document.path, page: citation.page.number });
  const open = () => show(place(answer, citation));
  let waiting = 0;
  return make(
    "button",
    {
      type: "button",
      class: "chip",
      title: label,
      "aria-label": label,
      onclick: open,
      // A pointer that only passes opens nothing.
      onmouseenter: () => (waiting = window.matchMedia("(hover: hover) and (min-width: 900px)").matches ? setTimeout(open, 150) : 0),
      onmouseleave: () => clearTimeout(waiting),
    },
    String(citation.number),
  );
}

function figure(answer, citation) {
  const { element, document, page } = citation;
  const text = element.caption || element.text.slice(0, 200);
  const alt = say("figure-alt", { kind: say(`kind-${element.kind}`), number: page.number, name: document.path, text });
  const picture = make("img", { src: api.figure(index.name, element.picture), alt, loading: "lazy" });
  return make(
    "figure",
    {},
    make("button", { type: "button", class: "plain", "aria-label": alt, onclick: () => show(place(answer, citation)) }, picture),
    make("figcaption", {}, element.caption),
  );
}

find("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const question = find("question").value.trim();
  if (!question || writing || !index) return;
  find("question").value = "";
  ask(question);
});
find("question").addEventListener("keydown", (event) => {
  // While an input method composes, Enter chooses letters.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  find("ask").requestSubmit();
});
find("stop").addEventListener("click", () => writing?.abort());
find("fresh").addEventListener("click", () => {
  start();
  find("question").focus();
});
