// The HTTP API of the server, as the page uses it. See /openapi.json.

/** An error that the server told, or that it could not be reached. */
export class Fault extends Error {}

async function reply(request) {
  let response;
  try {
    response = await request;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Fault("offline");
  }
  if (!response.ok) {
    const body = await response.json().catch(() => ({}));
    throw new Fault(body.error?.message ?? body.detail?.[0]?.msg ?? `HTTP ${response.status}`);
  }
  return response;
}

const json = { "Content-Type": "application/json" };
const at = (index) => `/api/indexes/${encodeURIComponent(index)}`;

export const get = async (path) => (await reply(fetch(path))).json();
export const send = async (path, body, method = "POST") =>
  (await reply(fetch(path, { method, headers: json, body: JSON.stringify(body) }))).json();

export const health = () => get("/api/health");
export const indexes = async () => (await get("/api/indexes")).indexes;
export const documents = (index) => get(`${at(index)}/documents`);
export const files = (index) => get(`${at(index)}/files`);
export const page = (index, document, number) => get(`${at(index)}/documents/${document}/pages/${number}`);
export const search = (index, body) => send(`${at(index)}/search`, body);
export const reports = () => get("/api/reports");
export const update = (index) => send(`${at(index)}/update`, {});
export const remove = async (index, document) =>
  (await reply(fetch(`${at(index)}/documents/${document}`, { method: "DELETE" }))).json();

/** Pages for a picture, and words if there are any. */
export async function searchByPicture(index, picture, { query, ...scope }) {
  const form = new FormData();
  form.append("picture", picture);
  form.append("query", query);
  form.append("scope", JSON.stringify(scope));
  return (await reply(fetch(`${at(index)}/search/picture`, { method: "POST", body: form }))).json();
}

/** Add files to the folder of an index. `onProgress` is told the share that has been sent. */
export function upload(index, files, onProgress) {
  return new Promise((resolve, reject) => {
    const form = new FormData();
    for (const file of files) form.append("files", file, file.name);
    const request = new XMLHttpRequest(); // fetch can't tell how much it has sent
    request.open("POST", `${at(index)}/documents`);
    request.responseType = "json";
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onerror = () => reject(new Fault("offline"));
    request.onload = () => {
      if (request.status < 300) resolve(request.response);
      else reject(new Fault(request.response?.error?.message ?? `HTTP ${request.status}`));
    };
    request.send(form);
  });
}

/** Server-sent events of a request, one by one: `[name, data]`. */
export async function* events(path, body, signal) {
  const request = body === undefined ? { signal } : { method: "POST", headers: json, body: JSON.stringify(body), signal };
  const response = await reply(fetch(path, request));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read().catch((error) => {
      throw error.name === "AbortError" ? error : new Fault("offline");
    });
    if (done) return;
    const blocks = (rest + value).split(/\r?\n\r?\n/); // a carriage return at the border of a chunk waits in rest
    rest = blocks.pop();
    for (const block of blocks) {
      const fields = {};
      for (const line of block.split(/\r?\n/)) {
        const colon = line.indexOf(": ");
        if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 2);
      }
      if (fields.data !== undefined) yield [fields.event ?? "message", JSON.parse(fields.data)];
    }
  }
}

export const chat = (index, body, signal) => events(`${at(index)}/chat/stream`, body, signal);
export const progress = (index, job) => events(`${at(index)}/jobs/${job}/events`);

/** Where the picture of a page is. */
export function pagePicture(index, document, number, { dpi = 96, heat = "" } = {}) {
  const query = new URLSearchParams({ dpi, ...(heat ? { heat } : {}) });
  return `${at(index)}/documents/${document}/pages/${number}/picture?${query}`;
}

export const figure = (index, asset) => `${at(index)}/pictures/${asset}`;
