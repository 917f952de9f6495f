// Discord's markdown as elements: styles, quotes, lists, headings, code, links, mentions, times.

import { h, link, put } from "./dom.js";

const INLINE =
  /\\([\\*_~`|<>#[\]()-])|```(?:[a-z0-9]*\n)?([\s\S]*?)```|`([^`\n]+)`|\*\*([\s\S]+?)\*\*|__([\s\S]+?)__|~~([\s\S]+?)~~|\|\|([\s\S]+?)\|\||\*(?=\S)([^*\n]+?)\*|(?<!\w)_(?=\S)([^_\n]+?)_(?!\w)|\[([^\]\n]+)\]\(<?(https?:\/\/[^\s<>)]+)>?(?: "[^"]*")?\)|<@!?(\d+)>|<@&(\d+)>|<#(\d+)>|<a?:(\w+):\d+>|<t:(-?\d+)(?::([tTdDfFRsS]))?>|<\/([\w -]+):\d+>|<(https?:\/\/[^\s<>]+)>|(https?:\/\/[^\s<>]*[^\s<>.,;:!?)'"\]*_~])|@(everyone|here)\b/g;

/** A run of text as a list of nodes; `names` tells the names of people and channels. */
export function inline(text, names) {
  const nodes = [];
  let last = 0;
  for (const m of text.matchAll(INLINE)) {
    if (m.index < last) continue;
    nodes.push(text.slice(last, m.index), one(m, names));
    last = m.index + m[0].length;
  }
  nodes.push(text.slice(last));
  return nodes;
}

function one(m, names) {
  if (m[1] !== undefined) return m[1];
  if (m[2] !== undefined) return h("pre", {}, m[2]);
  if (m[3] !== undefined) return h("code", {}, m[3]);
  if (m[4] !== undefined) return h("b", {}, inline(m[4], names));
  if (m[5] !== undefined) return h("u", {}, inline(m[5], names));
  if (m[6] !== undefined) return h("s", {}, inline(m[6], names));
  if (m[7] !== undefined) return spoiler(m[7], names);
  const italic = m[8] ?? m[9];
  if (italic !== undefined) return h("i", {}, inline(italic, names));
  if (m[10] !== undefined) return link(m[11], ...inline(m[10], names));
  if (m[12] !== undefined) return mention(`@${names.person(m[12])}`);
  if (m[13] !== undefined) return mention("@role");
  if (m[14] !== undefined) return mention(`#${names.channel(m[14])}`);
  if (m[15] !== undefined) return `:${m[15]}:`;
  if (m[16] !== undefined) return moment(new Date(Number(m[16]) * 1000), m[17]);
  if (m[18] !== undefined) return mention(`/${m[18]}`);
  if (m[19] !== undefined) return link(m[19]);
  if (m[20] !== undefined) return link(m[20]);
  return mention(`@${m[21]}`);
}

const STYLES = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
  s: { dateStyle: "short", timeStyle: "short" },
  S: { dateStyle: "short", timeStyle: "medium" },
};
const SPANS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

function moment(date, style = "f") {
  if (Number.isNaN(date.getTime())) return "an unknown time";
  let words;
  if (style === "R") {
    const seconds = Math.round((date.getTime() - Date.now()) / 1000);
    const [unit, size] = SPANS.find(([, length]) => Math.abs(seconds) >= length) ?? SPANS.at(-1);
    words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(
      Math.round(seconds / size),
      unit,
    );
  } else {
    words = date.toLocaleString(undefined, STYLES[style]);
  }
  return h("time", { datetime: date.toISOString(), title: date.toLocaleString() }, words);
}

const mention = (words) => h("span", { class: "mention" }, words);

function spoiler(text, names) {
  const node = h(
    "button",
    { type: "button", class: "spoiler", "aria-label": "Show the spoiler" },
    h("span", {}, inline(text, names)),
  );
  node.addEventListener("click", () => node.classList.add("shown"));
  return node;
}

/** A whole message: its blocks, line by line; fences stay whole. */
export function markdown(text, names) {
  const nodes = [];
  for (const [at, part] of String(text ?? "")
    .split(/(```[\s\S]*?```)/)
    .entries()) {
    if (at % 2) nodes.push(...inline(part, names));
    else lines(at ? part.replace(/^\n/, "") : part, names, nodes);
  }
  return nodes;
}

function lines(text, names, nodes) {
  const [before, ...rest] = text.split(/(?:^|\n)>>> /);
  if (rest.length) {
    if (before) lines(before, names, nodes);
    const inside = [];
    lines(rest.join("\n>>> "), names, inside);
    nodes.push(put(h("blockquote"), inside));
    return;
  }
  let open = null;
  let lists = []; // the open lists, each with how far its items are indented
  const block = (tag) => {
    if (open?.localName !== tag) nodes.push((open = h(tag)));
    return open;
  };
  const item = (tag, indent, start, words) => {
    while (lists.length && lists.at(-1).indent > indent) lists.pop();
    if (!lists.length || (lists.at(-1).indent < indent && lists.length < 8)) {
      const node = h(tag, start > 1 ? { start } : {});
      const under = lists.at(-1)?.node.lastElementChild;
      if (under) under.append(node);
      else nodes.push(node);
      lists.push({ node, indent });
    } else if (lists.at(-1).node.localName !== tag) {
      const node = h(tag, start > 1 ? { start } : {});
      if (lists.at(-1).node.parentNode) lists.at(-1).node.after(node);
      else nodes.push(node);
      lists[lists.length - 1] = { node, indent };
    }
    lists.at(-1).node.append(h("li", {}, inline(words, names)));
    open = lists[0].node;
  };
  text.split("\n").forEach((line, at) => {
    const quote = /^> ?(.*)$/.exec(line);
    const bullet = /^(\s*)[-*] (.+)$/.exec(line);
    const number = /^(\s*)(\d{1,9})\. (.+)$/.exec(line);
    const head = /^(#{1,3}) (.+)$/.exec(line);
    const small = /^-# (.+)$/.exec(line);
    if (bullet) return item("ul", bullet[1].length, 1, bullet[2]);
    if (number) return item("ol", number[1].length, Number(number[2]), number[3]);
    lists = [];
    if (quote) return block("blockquote").append(h("div", {}, inline(quote[1], names)));
    const after = open !== null;
    open = null;
    if (head || small) {
      open = head
        ? h(`h${head[1].length + 3}`, { class: "head" }, inline(head[2], names))
        : h("small", { class: "subtext" }, inline(small[1], names));
      return nodes.push(open);
    }
    if (at && !after && nodes.length) nodes.push("\n");
    return nodes.push(...inline(line, names));
  });
}
