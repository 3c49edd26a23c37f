// The documents of an index: what became of each file, adding, removing, and reading the folder again.

import * as api from "./api.js";
import { complain, find, make } from "./making.js";
import { show } from "./viewer.js";
import { say } from "./words.js";

let index = null;
let changed = async () => {};

/** From now on this index is listed. `onChange` is called when its documents have changed. */
export function about(chosen, onChange) {
  index = chosen;
  changed = onChange;
  if (!find("view-documents").hidden) list();
}

/** Whether documents may be added and removed. */
export function allow(changes) {
  find("upload").hidden = !changes;
}

export async function list() {
  const here = index;
  try {
    const [documents, files] = await Promise.all([api.documents(here.name), api.files(here.name)]);
    if (here !== index) return;
    const byPath = new Map(documents.map((document) => [document.path, document]));
    find("documents").tBodies[0].replaceChildren(...files.map((file) => row(file, byPath.get(file.path))));
  } catch (error) {
    fail(error);
  }
}

function row(file, document) {
  const open = () => show({ index, document, number: 1 });
  const name = document ? make("button", { type: "button", class: "plain link", onclick: open }, file.path) : file.path;
  const changes = document && !find("upload").hidden;
  const label = `${say("remove")}: ${file.path}`;
  const gone = changes ? make("button", { type: "button", class: "plain", "aria-label": label, onclick: () => remove(document) }, say("remove")) : null;
  return make(
    "tr",
    {},
    make("td", {}, name, document?.title && document.title !== file.path ? make("div", { class: "quiet" }, document.title) : null),
    make("td", {}, document ? String(document.page_count) : ""),
    make("td", { title: file.reason }, file.status, file.reason ? make("div", { class: "quiet" }, file.reason) : null),
    make("td", {}, gone),
  );
}

async function remove(document) {
  if (!window.confirm(say("remove-sure", { name: document.path }))) return;
  complain(null);
  try {
    const { kept } = await api.remove(index.name, document.id);
    find("told").textContent = say(kept ? "removed-stays" : "removed", { name: document.path });
    await Promise.all([list(), changed()]);
  } catch (error) {
    fail(error);
  }
}

async function add(files) {
  if (!files.length) return;
  await work(async (here) => {
    const reply = await api.upload(here.name, files, (share) => advance("", share, 1));
    find("told").textContent = say("saved", { count: reply.saved.length });
    return reply.job;
  });
}

/** Follow a job of the index that is listed from its beginning, which `begin` makes, to its end. */
async function work(begin) {
  const here = index; // another may be chosen meanwhile
  complain(null);
  find("job").hidden = false;
  advance("", 0, 0);
  try {
    const job = await begin(here);
    for await (const [name, data] of api.progress(here.name, job)) {
      if (name === "progress") advance(say(data.stage, data), data.pages_done, data.pages_total);
      else if (name === "error") throw new api.Fault(data.message);
      else if (name === "report") {
        const skipped = data.files.filter(({ status }) => !["indexed", "unchanged", "removed"].includes(status));
        find("told").textContent =
          say("done", { count: data.documents }) + (skipped.length ? ` ${say("skipped", { count: skipped.length })}` : "");
      }
    }
  } catch (error) {
    fail(error);
  } finally {
    find("job").hidden = true;
    find("files").value = "";
    await Promise.all([list(), changed()]);
  }
}

function advance(stage, done, total) {
  find("stage").textContent = stage;
  if (total) Object.assign(find("progress"), { value: done, max: total });
  else find("progress").removeAttribute("value");
}

function fail(error) {
  complain(error.message === "offline" ? say("offline") : say("failed", { reason: error.message }));
}

find("files").addEventListener("change", (event) => add([...event.target.files]));
find("update").addEventListener("click", () => work(async (here) => (await api.update(here.name)).job));
const place = find("view-documents");
place.addEventListener("dragover", (event) => {
  event.preventDefault();
  place.classList.toggle("over", !find("upload").hidden);
});
place.addEventListener("dragleave", () => place.classList.remove("over"));
place.addEventListener("drop", (event) => {
  event.preventDefault();
  place.classList.remove("over");
  if (!find("upload").hidden) add([...event.dataTransfer.files]);
});
