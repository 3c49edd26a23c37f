// What the page says, in English and Chinese.

const WORDS = {
  en: {
    skip: "Skip to the content",
    index: "Index",
    views: "Views",
    ask: "Ask",
    search: "Search",
    documents: "Documents",
    reports: "Reports",
    theme: "Light or dark",
    talk: "Conversation",
    question: "Question",
    "question-hint": "Ask the documents. Enter asks, Shift+Enter makes a new line.",
    words: "Words to search for",
    "words-hint": "Words to search for",
    picture: "Picture …",
    drop: "or drop one here",
    unpick: "Take the picture out",
    "picked-alt": "The picture that is searched with",
    strategies: "Strategies",
    beside: "Side by side",
    filters: "Filters",
    "only-document": "Document",
    "only-kind": "Kind",
    "only-pages": "Pages",
    stop: "Stop",
    fresh: "New conversation",
    upload: "Add documents …",
    update: "Read the folder again",
    "drop-documents": "or drop them here",
    document: "Document",
    pages: "Pages",
    status: "Status",
    actions: "Actions",
    remove: "Remove",
    "remove-sure": "Remove {name} from the index?",
    removed: "{name} is removed.",
    "removed-stays": "{name} is out of the index. Its file stays in the folder: reading the folder again brings it back.",
    viewer: "Page",
    close: "Close",
    before: "Page before",
    after: "Page after",
    page: "Page",
    section: "Section",
    of: "of {count}",
    elements: "Elements",
    heat: "Where it matched",
    "page-alt": "{name}, page {number}",
    "figure-alt": "{kind} on page {number} of {name}: {text}",
    source: "Source {number}: {name}, page {page}",
    "on-page": "{name}, p.\u00a0{number}",
    "on-labelled-page": "{name}, p.\u00a0{number} ({label})",
    "in-section": "{name}, §\u00a0{label}",
    found: { one: "{count} page in {ms} ms", other: "{count} pages in {ms} ms" },
    none: "Nothing was found.",
    "found-by": "Found by {list}, rank {rank}",
    refused: "The documents do not seem to answer this.",
    stopped: "Stopped: {reason}",
    flagged: "Not verified ({kind}): {text}",
    asked: "Searched for: {question}",
    working: "Searching …",
    empty: "Ask something, or try one of these:",
    "try-1": "What is this about?",
    "try-2": "What do the figures show?",
    saved: { one: "{count} file added.", other: "{count} files added." },
    scan: "Looking through the folder",
    read: "Reading {file}",
    lay: "Laying views over {file}",
    write: "Writing the index",
    done: { one: "Done: {count} document.", other: "Done: {count} documents." },
    failed: "That failed: {reason}",
    offline: "The server does not answer.",
    skipped: { one: "{count} file was not read whole.", other: "{count} files were not read whole." },
    none_reports: "There are no reports.",
    "kind-text": "Text",
    "kind-heading": "Heading",
    "kind-table": "Table",
    "kind-figure": "Figure",
    "kind-formula": "Formula",
    "kind-page": "Page",
  },
  zh: {
    skip: "跳到正文",
    index: "索引",
    views: "视图",
    ask: "提问",
    search: "搜索",
    documents: "文档",
    reports: "评测报告",
    theme: "浅色或深色",
    talk: "对话",
    question: "问题",
    "question-hint": "向文档提问。回车发送，Shift+回车换行。",
    words: "搜索词",
    "words-hint": "搜索词",
    picture: "图片…",
    drop: "或把图片拖到这里",
    unpick: "去掉图片",
    "picked-alt": "用来搜索的图片",
    strategies: "策略",
    beside: "并排比较",
    filters: "筛选",
    "only-document": "文档",
    "only-kind": "类型",
    "only-pages": "页码",
    stop: "停止",
    fresh: "新对话",
    upload: "添加文档…",
    update: "重新读取文件夹",
    "drop-documents": "或把文件拖到这里",
    document: "文档",
    pages: "页数",
    status: "状态",
    actions: "操作",
    remove: "移除",
    "remove-sure": "从索引中移除 {name}？",
    removed: "{name} 已移除。",
    "removed-stays": "{name} 已移出索引。文件仍在文件夹中：重新读取文件夹会再次加入。",
    viewer: "页面",
    close: "关闭",
    before: "上一页",
    after: "下一页",
    page: "第几页",
    section: "第几节",
    of: "共 {count}",
    elements: "元素",
    heat: "匹配位置",
    "page-alt": "{name}，第 {number} 页",
    "figure-alt": "{name} 第 {number} 页的{kind}：{text}",
    source: "来源 {number}：{name}，第 {page} 页",
    "on-page": "{name}，第 {number} 页",
    "on-labelled-page": "{name}，第 {number} 页（{label}）",
    "in-section": "{name}，§\u00a0{label}",
    found: { other: "{count} 页，用时 {ms} 毫秒" },
    none: "没有找到。",
    "found-by": "由 {list} 找到，排名第 {rank}",
    refused: "文档似乎没有回答这个问题。",
    stopped: "已停止：{reason}",
    flagged: "未能核实（{kind}）：{text}",
    asked: "实际搜索：{question}",
    working: "正在搜索…",
    empty: "请提问，或试试：",
    "try-1": "这些文档讲什么？",
    "try-2": "图表说明了什么？",
    saved: { other: "已添加 {count} 个文件。" },
    scan: "正在查看文件夹",
    read: "正在读取 {file}",
    lay: "正在为 {file} 建立视图",
    write: "正在写入索引",
    done: { other: "完成：{count} 个文档。" },
    failed: "失败：{reason}",
    offline: "服务器没有回应。",
    skipped: { other: "{count} 个文件没有完整读取。" },
    none_reports: "没有报告。",
    "kind-text": "文字",
    "kind-heading": "标题",
    "kind-table": "表格",
    "kind-figure": "图",
    "kind-formula": "公式",
    "kind-page": "整页",
  },
};

let language = "en";

/** The words for `key` in the language of the page, with `values` put in. */
export function say(key, values = {}) {
  let words = WORDS[language][key] ?? WORDS.en[key] ?? key;
  if (typeof words === "object") {
    words = words[new Intl.PluralRules(language).select(values.count)] ?? words.other;
  }
  return words.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** How a place is named: `Report, p. 3`, `Report, p. 14 (xii)`, and where there are no pages `Notes, § Methods`. */
export function placed({ document: paper, page: { number, label } }) {
  const name = paper.title || paper.path;
  if (!paper.paged) {
    const heading = label.replace(/^§\s*/, "");
    return say("in-section", { name, label: heading && heading !== name ? heading : number });
  }
  return say(label && label !== String(number) ? "on-labelled-page" : "on-page", { name, number, label });
}

/** Which language the page speaks: what the reader chose, else what the browser prefers. */
export function speak(chosen) {
  language = chosen ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  for (const element of document.querySelectorAll("[data-say]")) element.textContent = say(element.dataset.say);
  for (const element of document.querySelectorAll("[data-hint]")) element.placeholder = say(element.dataset.hint);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", say(element.dataset.label));
    if (element.tagName === "BUTTON") element.title = say(element.dataset.label);
  }
  return language;
}
