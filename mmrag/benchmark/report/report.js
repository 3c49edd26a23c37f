"use strict";
// Filters, sorting, the comparison of two setups, and pages seen large. All that is shown stands in the page
// already; this only hides, orders and enlarges it.
(() => {
  const root = document.documentElement;
  root.classList.add("has-js");
  const get = (id) => document.getElementById(id);
  const cards = get("cards");
  // What the filter of words looks through: the question, its answers, and the files.
  const wordsOf = (card) =>
    [...card.querySelectorAll(".id, .text, .answer, .where bdi")]
      .map((part) => `${part.textContent} ${part.title}`)
      .join(" ")
      .toLowerCase();
  const questions = [...cards.children].map((card, order) => ({
    card,
    order,
    kind: card.dataset.kind,
    language: card.dataset.language,
    scores: card.dataset.scores.split(" ").map(Number),
    words: wordsOf(card),
  }));
  const value = (id) => (get(id) ? get(id).value : "");
  const make = (name, attributes = {}, text = "") => {
    const svg = ["svg", "g", "rect", "line", "title"].includes(name);
    const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
    for (const [key, one] of Object.entries(attributes)) made.setAttribute(key, one);
    if (text) made.textContent = text;
    return made;
  };
  const decimals = (number) => Math.abs(number).toFixed(3).replace(/^0/, "");
  const signed = (number) => (number > 0 ? "+" : number < 0 ? "−" : "") + decimals(number);
  const hardness = (one) => one.scores.reduce((sum, score) => sum + (score || 0), 0);

  function gap(one) {
    return get("f-a") ? one.scores[value("f-a")] - one.scores[value("f-b")] : 0;
  }

  const fitsOutcome = {
    a: (difference) => difference > 0,
    b: (difference) => difference < 0,
    even: (difference) => difference === 0,
    differ: (difference) => difference !== 0,
  };

  const sorts = {
    order: (x, y) => x.order - y.order,
    a: (x, y) => gap(y) - gap(x) || x.order - y.order,
    b: (x, y) => gap(x) - gap(y) || x.order - y.order,
    differ: (x, y) => Math.abs(gap(y)) - Math.abs(gap(x)) || x.order - y.order,
    hard: (x, y) => hardness(x) - hardness(y) || x.order - y.order,
    easy: (x, y) => hardness(y) - hardness(x) || x.order - y.order,
  };

  function update() {
    const words = value("f-text").toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = questions.filter(
      (one) =>
        (!value("f-kind") || one.kind === value("f-kind")) &&
        (!value("f-language") || one.language === value("f-language")) &&
        words.every((word) => one.words.includes(word)),
    );
    const outcome = fitsOutcome[value("f-won")];
    const shown = outcome ? chosen.filter((one) => outcome(gap(one))) : chosen;
    const visible = new Set(shown);
    for (const one of questions) one.card.hidden = !visible.has(one);
    cards.append(...[...questions].sort(sorts[value("f-sort")] || sorts.order).map((one) => one.card));
    get("none").hidden = shown.length > 0;
    get("count").textContent =
      shown.length === questions.length
        ? `${questions.length} question${questions.length === 1 ? "" : "s"}`
        : `${shown.length} of ${questions.length} questions`;
    if (get("versus")) versus(chosen);
  }

  const nameOf = (id) => get(id).selectedOptions[0].textContent;

  function versus(chosen) {
    const won = chosen.filter((one) => gap(one) > 0).length;
    const lost = chosen.filter((one) => gap(one) < 0).length;
    const even = chosen.length - won - lost;
    const balance = make("div", { class: "balance", "aria-hidden": "true" });
    for (const [kind, count] of [["a", won], ["even", even], ["b", lost]]) {
      if (!count) continue;
      const part = make("span", { class: kind });
      part.style.flexGrow = count;
      part.append(make("i", {}, String(count)));
      balance.append(part);
    }
    const mean = chosen.reduce((sum, one) => sum + gap(one), 0) / (chosen.length || 1);
    const says = make("div", { class: "balance-says" });
    says.append(
      make("span", {}, `${nameOf("f-a")} wins ${won}`),
      make("span", {}, `even ${even} · mean difference in nDCG@5 ${signed(mean)}`),
      make("span", {}, `${nameOf("f-b")} wins ${lost}`),
    );
    get("versus").replaceChildren(balance, says, ...(won || lost ? [gaps(chosen)] : []));
  }

  // A bar for every question, from the largest win of the first setup to that of the second.
  function gaps(chosen) {
    const sorted = [...chosen].sort(sorts.a);
    const wide = 1000, high = 84, middle = high / 2, step = wide / Math.max(sorted.length, 24);
    const svg = make("svg", { class: "gaps", viewBox: `0 0 ${wide} ${high}`, preserveAspectRatio: "none", role: "img" });
    svg.setAttribute("aria-label", "Differences by question, largest win of the first setup first; the list below has them");
    svg.append(make("line", { x1: 0, x2: wide, y1: middle, y2: middle, class: "axis", "vector-effect": "non-scaling-stroke" }));
    sorted.forEach((one, place) => {
      const difference = gap(one) || 0;
      const height = Math.max(Math.abs(difference) * (middle - 2), 1.5);
      const bar = make("g");
      bar.append(
        make("title", {}, `${one.card.querySelector(".id").textContent}: ${signed(difference)} ${one.card.querySelector(".text").textContent}`),
        make("rect", { class: "hit", x: place * step, y: 0, width: step, height: high }),
        make("rect", {
          class: difference > 0 ? "bar-a" : difference < 0 ? "bar-b" : "none",
          x: place * step + step * 0.1,
          y: difference > 0 ? middle - height : difference < 0 ? middle : middle - 0.75,
          width: step * 0.8,
          height,
        }),
      );
      bar.addEventListener("click", () => open(one.card));
      svg.append(bar);
    });
    return svg;
  }

  function open(card) {
    card.hidden = false;
    card.open = true;
    card.scrollIntoView({ block: "start" });
    card.querySelector("summary").focus({ preventScroll: true });
  }

  const form = get("controls");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", update);
  update();

  const byHash = () => {
    const card = /^#q\d+$/.test(location.hash) && get(location.hash.slice(1));
    if (card) open(card);
  };
  window.addEventListener("hashchange", byHash);
  byHash();

  // Pages seen large.
  const viewer = make("dialog", { "aria-label": "Page" });
  const bar = make("div", { class: "viewer-bar" });
  const says = make("p");
  const place = make("div", { class: "viewer-page" });
  const button = (text, label, act) => {
    const made = make("button", { type: "button", "aria-label": label }, text);
    made.addEventListener("click", act);
    return made;
  };
  let pages = [], at = 0;
  const move = (by) => show((at + by + pages.length) % pages.length);
  bar.append(
    says,
    button("←", "Page before", () => move(-1)),
    button("→", "Next page", () => move(1)),
    button("✕", "Close", () => viewer.close()),
  );
  viewer.append(bar, place);
  document.body.append(viewer);
  place.addEventListener("click", () => viewer.close());
  viewer.addEventListener("click", (event) => event.target === viewer && viewer.close());
  viewer.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") move(-1);
    else if (event.key === "ArrowRight") move(1);
    else return;
    event.preventDefault();
  });

  function show(index) {
    at = index;
    const large = pages[at].cloneNode(true);
    large.tabIndex = -1;
    place.replaceChildren(large);
    const section = pages[at].closest("section").querySelector("h3").textContent;
    const where = pages[at].parentElement.querySelector(".where").innerText.replace(/\s+/g, " ");
    says.textContent = `${section.split("nDCG")[0].trim()}: ${where}`;
  }

  cards.addEventListener("click", (event) => {
    const page = event.target.closest(".page:not(.empty)");
    if (!page) return;
    pages = [...page.closest(".inside").querySelectorAll(".page:not(.empty)")];
    show(pages.indexOf(page));
    viewer.showModal();
  });
})();
