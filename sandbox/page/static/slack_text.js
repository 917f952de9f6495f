// Slack's mrkdwn and rich_text as elements. Names of people and channels come from `names`.

import { h, link } from "./dom.js";

const EMOJI = {
  smile: "\u{1F604}",
  wink: "\u{1F609}",
  heart_eyes: "\u{1F60D}",
  thinking_face: "\u{1F914}",
  heart: "\u2764\uFE0F",
  sparkles: "\u2728",
  tada: "\u{1F389}",
  fire: "\u{1F525}",
  eyes: "\u{1F440}",
  "+1": "\u{1F44D}",
  "-1": "\u{1F44E}",
  clap: "\u{1F44F}",
  wave: "\u{1F44B}",
  pray: "\u{1F64F}",
  ok_hand: "\u{1F44C}",
  white_check_mark: "\u2705",
  x: "\u274C",
  warning: "\u26A0\uFE0F",
  bulb: "\u{1F4A1}",
  pushpin: "\u{1F4CC}",
  round_pushpin: "\u{1F4CD}",
  lock: "\u{1F512}",
  house: "\u{1F3E0}",
  chair: "\u{1FA91}",
  art: "\u{1F3A8}",
  rocket: "\u{1F680}",
  herb: "\u{1F33F}",
  star: "\u2B50",
  joy: "\u{1F602}",
  grinning: "\u{1F600}",
  smiley: "\u{1F603}",
  grin: "\u{1F601}",
  laughing: "\u{1F606}",
  blush: "\u{1F60A}",
  sunglasses: "\u{1F60E}",
  open_mouth: "\u{1F62E}",
  astonished: "\u{1F632}",
  cry: "\u{1F622}",
  sob: "\u{1F62D}",
  rage: "\u{1F621}",
  muscle: "\u{1F4AA}",
  raised_hands: "\u{1F64C}",
  point_up: "\u261D\uFE0F",
  100: "\u{1F4AF}",
  broken_heart: "\u{1F494}",
  blue_heart: "\u{1F499}",
  green_heart: "\u{1F49A}",
  sun_with_face: "\u{1F31E}",
  cat: "\u{1F431}",
  dog: "\u{1F436}",
  heavy_check_mark: "\u2714\uFE0F",
  question: "\u2753",
  exclamation: "\u2757",
};
const UNESCAPE = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const INLINE =
  /<([^<>\n]+)>|`([^`\n]+)`|(?<![\w*])\*(?=\S)([^*\n]*[^\s*])\*(?![\w*])|(?<![\w_])_(?=\S)([^_\n]*[^\s_])_(?![\w_])|(?<![\w~])~(?=\S)([^~\n]*[^\s~])~(?![\w~])|:([a-z0-9_+'-]+):/g;

/** The three characters that Slack escapes, back again. */
export const plain = (text) => String(text ?? "").replace(/&(?:amp|lt|gt);/g, (found) => UNESCAPE[found]);

/** The emoji's character, or its name between colons where we do not know it. */
export function emoji(name) {
  const [base, tone] = name.split("::skin-tone-");
  if (!Object.hasOwn(EMOJI, base)) return `:${name}:`;
  return tone ? EMOJI[base].replace("\uFE0F", "") + String.fromCodePoint(0x1f3f9 + Number(tone)) : EMOJI[base];
}

/** A stored text as its author would type it again. */
export function typedAgain(text, names) {
  return plain(
    String(text ?? "").replace(/<([^<>\n]+)>/g, (_, inside) => {
      const [head, label] = inside.split(/\|(.*)/s);
      if (head.startsWith("@")) return `@${label ?? names.handle(head.slice(1))}`;
      if (head.startsWith("#")) return `#${label ?? names.channel(head.slice(1))}`;
      if (head.startsWith("!")) return `@${head.slice(1).split(/[|^]/)[0]}`;
      return label ?? head.replace(/^mailto:/, "");
    }),
  );
}

function mention(kind, label) {
  return h("span", { class: `mention ${kind}` }, label);
}

function token(inside, names) {
  const [head, label] = inside.split(/\|(.*)/s);
  if (head.startsWith("@")) return mention("person", `@${plain(label ?? names.person(head.slice(1)))}`);
  if (head.startsWith("#")) return mention("channel", `#${plain(label ?? names.channel(head.slice(1)))}`);
  if (head.startsWith("!date^")) return plain(label ?? head);
  if (head.startsWith("!")) return mention("all", `@${plain(label ?? head.slice(1).split("^")[0])}`);
  return link(plain(head), plain(label ?? head.replace(/^mailto:/, "")));
}

/** One run of mrkdwn as a list of nodes. */
export function mrkdwn(text, names) {
  const nodes = [];
  let last = 0;
  const words = String(text ?? "");
  for (const found of words.matchAll(INLINE)) {
    nodes.push(plain(words.slice(last, found.index)));
    const [all, angle, code, bold, italic, strike, name] = found;
    if (angle !== undefined) nodes.push(token(angle, names));
    else if (code !== undefined) nodes.push(h("code", {}, plain(code)));
    else if (bold !== undefined) nodes.push(h("b", {}, mrkdwn(bold, names)));
    else if (italic !== undefined) nodes.push(h("i", {}, mrkdwn(italic, names)));
    else if (strike !== undefined) nodes.push(h("s", {}, mrkdwn(strike, names)));
    else nodes.push(emoji(name));
    last = found.index + all.length;
  }
  nodes.push(plain(words.slice(last)));
  return nodes;
}

/** A whole text: fences and quotes as blocks of their own. */
export function paragraphs(text, names) {
  const nodes = [];
  String(text ?? "")
    .split(/```\n?/)
    .forEach((part, at) => {
      if (at % 2) return nodes.push(h("pre", {}, plain(part.replace(/\n$/, ""))));
      let quote = null;
      for (const line of part.replace(/^\n|\n$/g, "").split("\n")) {
        const quoted = /^(?:&gt;|>) ?(.*)$/.exec(line);
        if (quoted) {
          if (!quote) nodes.push((quote = h("blockquote")));
          else quote.append("\n");
          quote.append(...mrkdwn(quoted[1], names));
          continue;
        }
        if (nodes.length && !quote) nodes.push("\n");
        quote = null;
        nodes.push(...mrkdwn(line, names));
      }
    });
  return nodes;
}

/** A text object of Block Kit. */
export function textObject(object, names) {
  if (!object) return [];
  if (typeof object === "string") return [object];
  if (object.type === "mrkdwn") return paragraphs(object.text, names);
  return [plainEmoji(object.text ?? "")];
}

const plainEmoji = (text) => text.replace(/:([a-z0-9_+'-]+):/g, (all, name) => EMOJI[name] ?? all);

function styled(node, style = {}) {
  let outer = node;
  for (const [on, tag] of [
    ["code", "code"],
    ["strike", "s"],
    ["underline", "u"],
    ["italic", "i"],
    ["bold", "b"],
  ]) {
    if (style[on]) outer = h(tag, {}, outer);
  }
  return outer;
}

/** A date as its reader's clock says it; the fallback where its format is not known here. */
function dated({ timestamp, format, fallback }) {
  const at = new Date(timestamp * 1000);
  const say = (options) => at.toLocaleString(undefined, options);
  const parts = {
    "{date}": () => say({ dateStyle: "long" }),
    "{date_num}": () => at.toISOString().slice(0, 10),
    "{date_short}": () => say({ dateStyle: "medium" }),
    "{date_long}": () => say({ dateStyle: "full" }),
    "{date_pretty}": () => say({ dateStyle: "long" }),
    "{date_short_pretty}": () => say({ dateStyle: "medium" }),
    "{date_long_pretty}": () => say({ dateStyle: "full" }),
    "{day_divider_pretty}": () => say({ dateStyle: "full" }),
    "{time}": () => say({ timeStyle: "short" }),
    "{time_secs}": () => say({ timeStyle: "medium" }),
    "{ago}": () => say({ dateStyle: "medium", timeStyle: "short" }),
  };
  if (Number.isNaN(at.getTime())) return fallback ?? "";
  return String(format ?? "").replace(/\{\w+\}/g, (token) => parts[token]?.() ?? token) || (fallback ?? "");
}

function inline(element, names) {
  switch (element.type) {
    case "text":
      return styled(document.createTextNode(element.text ?? ""), element.style);
    case "link":
      return styled(link(element.url, element.text || element.url), element.style);
    case "user":
      return mention("person", `@${names.person(element.user_id)}`);
    case "channel":
      return mention("channel", `#${names.channel(element.channel_id)}`);
    case "broadcast":
      return mention("all", `@${element.range}`);
    case "usergroup":
      return mention("all", "@group");
    case "date":
      return h("time", { title: new Date(element.timestamp * 1000).toLocaleString() }, dated(element));
    case "color":
      return document.createTextNode(element.value);
    case "emoji":
      return document.createTextNode(
        element.unicode
          ? String.fromCodePoint(...element.unicode.split("-").map((code) => parseInt(code, 16)))
          : emoji(element.name),
      );
    default:
      return document.createTextNode(element.text ?? element.fallback ?? "");
  }
}

/** What stands in a quote: Slack draws the same line before it. */
const bordered = (element, node) => (element.border ? h("blockquote", {}, node) : node);

/** A rich_text block as nodes. Lists that are indented hang in the item before them. */
export function richText(block, names) {
  const nodes = [];
  const depths = [];
  for (const element of block.elements ?? []) {
    if (element.type !== "rich_text_list") {
      depths.length = 0;
      nodes.push(bordered(element, part(element, names)));
      continue;
    }
    const depth = Math.min(element.indent ?? 0, 8);
    const list = part(element, names);
    depths.length = Math.min(depths.length, depth + 1);
    const over = depths.slice(0, depth).findLast(Boolean);
    const last = over?.lastElementChild;
    if (last) last.append(list);
    else nodes.push(bordered(element, list));
    depths[depth] = list;
  }
  return nodes;
}

function part(element, names) {
  const inside = () => (element.elements ?? []).map((one) => inline(one, names));
  switch (element.type) {
    case "rich_text_list":
      return h(
        element.style === "ordered" ? "ol" : "ul",
        element.offset ? { start: element.offset + 1 } : {},
        (element.elements ?? []).map((one) =>
          h("li", {}, (one.elements ?? []).map((each) => inline(each, names))),
        ),
      );
    case "rich_text_quote":
      return h("blockquote", {}, inside());
    case "rich_text_preformatted":
      return h("pre", {}, inside());
    default:
      return h("div", { class: "run" }, inside());
  }
}
