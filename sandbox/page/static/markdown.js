// Discord's markdown as elements: styles, quotes, lists, headings, code, links, mentions, times.

import { h, link, put } from "./dom.js";

const INLINE = new RegExp(
  [
    String.raw`\\(?<escaped>[\\*_~${"`"}|<>#[\]()-])`,
    "```(?:[a-z0-9]*\\n)?(?<fence>[\\s\\S]*?)```",
    "``(?!`)(?<ticked>(?:[^`]|`(?!`))+)``(?!`)",
    "`(?<code>[^`\\n]+)`",
    // A mark that follows at once belongs to the style inside.
    String.raw`\*\*(?<bold>[\s\S]+?)\*\*(?!\*)`,
    String.raw`__(?<under>[\s\S]+?)__(?!_)`,
    String.raw`~~(?<strike>[\s\S]+?)~~`,
    String.raw`\|\|(?<spoiler>[\s\S]+?)\|\|`,
    String.raw`\*(?=\S)(?<italic>(?:[^*\n]|\*\*(?=\S)[^*\n]+\*\*)+?)\*(?!\*)`,
    String.raw`(?<!\w)_(?=\S)(?<slanted>[^_\n]+?)_(?!\w)`,
    // A label may hold brackets that are escaped or paired.
    String.raw`\[(?<label>(?:\\.|\[[^[\]\n]*\]|[^[\]\\\n])+)\]\(<?(?<target>https?:\/\/(?:[^\s<>()]|\([^\s<>()]*\))+)>?(?: "[^"]*")?\)`,
    String.raw`<@!?(?<user>\d+)>|<@&(?<role>\d+)>|<#(?<channel>\d+)>|<a?:(?<emoji>\w+):\d+>`,
    String.raw`<t:(?<time>-?\d+)(?::(?<style>[tTdDfFRsS]))?>|<\/(?<command>[\w -]+):\d+>`,
    String.raw`<(?<quiet>https?:\/\/[^\s<>]+)>|(?<address>https?:\/\/[^\s<>]*[^\s<>.,;:!?)'"\]*_~])`,
    String.raw`@(?<all>everyone|here)\b`,
  ].join("|"),
  "g",
);

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
  const found = m.groups;
  const [kind, words] = Object.entries(found).find(([, value]) => value !== undefined);
  switch (kind) {
    case "escaped":
      return words;
    case "fence":
      return h("pre", {}, words);
    case "ticked":
      return h("code", {}, words.replace(/^ (?=`)|(?<=`) $/g, ""));
    case "code":
      return h("code", {}, words);
    case "spoiler":
      return spoiler(words, names);
    case "label":
      return link(found.target, ...inline(words, names));
    case "user":
      return mention(`@${names.person(words)}`);
    case "role":
      return mention("@role");
    case "channel":
      return mention(`#${names.channel(words)}`);
    case "emoji":
      return `:${words}:`;
    case "time":
      return moment(new Date(Number(words) * 1000), found.style);
    case "command":
      return mention(`/${words}`);
    case "quiet":
    case "address":
      return link(words);
    case "all":
      return mention(`@${words}`);
    default:
      return h(TAGS[kind], {}, inline(words, names));
  }
}

const TAGS = { bold: "b", under: "u", strike: "s", italic: "i", slanted: "i" };

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

/** A whole message: its blocks, line by line; fences stay whole, in quotes too. */
export function markdown(text, names) {
  const nodes = [];
  for (const [quoted, part] of runs(String(text ?? ""))) {
    if (quoted) nodes.push(put(h("blockquote"), markdown(part, names)));
    else unquoted(part, names, nodes);
  }
  return nodes;
}

/** The text cut where quotes begin and end; their marks are taken off. */
function runs(text) {
  const found = [];
  let fenced = false;
  for (const line of text.split("\n")) {
    const quoted = !fenced && line.startsWith("> ");
    if (!quoted && line.split("```").length % 2 === 0) fenced = !fenced;
    const words = quoted ? line.slice(2) : line;
    if (found.at(-1)?.[0] === quoted) found.at(-1)[1] += `\n${words}`;
    else found.push([quoted, words]);
    if (!quoted && !fenced && line.startsWith(">>> ")) fenced = true; // to the end
  }
  return found;
}

function unquoted(text, names, nodes) {
  for (const [at, part] of text.split(/(```[\s\S]*?```)/).entries()) {
    if (at % 2) nodes.push(...inline(part, names));
    else lines(at ? part.replace(/^\n/, "") : part, names, nodes);
  }
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
    const bullet = /^(\s*)[-*] (.+)$/.exec(line);
    const number = /^(\s*)(\d{1,9})\. (.+)$/.exec(line);
    const head = /^(#{1,3}) (.+)$/.exec(line);
    const small = /^-# (.+)$/.exec(line);
    if (bullet) return item("ul", bullet[1].length, 1, bullet[2]);
    if (number) return item("ol", number[1].length, Number(number[2]), number[3]);
    lists = [];
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
