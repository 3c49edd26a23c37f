// Elements of the page. Text of documents and models goes in as text, never as markup.

/** An element with properties (`class`, `on…`, `aria-…`, or its own) and children: elements or text. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class" || name.includes("-") || name === "role" || name === "for") {
      element.setAttribute(name === "class" ? "class" : name, value);
    } else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const find = (id) => document.getElementById(id);

/** Say what went wrong, until something goes well. */
export function complain(message) {
  const place = find("alert");
  place.textContent = message ?? "";
  place.hidden = !message;
}
