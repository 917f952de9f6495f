// Formatted words: the program's own HTML, taken apart and built again from a short list of
// elements, so that nothing else can come in with it.

import { h, webAddress } from "./dom.js";

const KEPT = new Set("p br strong em u s code pre blockquote ul ol li h1 h2 h3 h4 h5 h6 b i del".split(" "));
const PARSER = new DOMParser();

/** Nodes for the HTML of a message. */
export function formatted(html) {
  const parsed = PARSER.parseFromString(html, "text/html");
  return [...parsed.body.childNodes].map(built).flat();
}

function built(node) {
  if (node.nodeType === Node.TEXT_NODE) return [node.data];
  if (node.nodeType !== Node.ELEMENT_NODE) return [];
  const name = node.localName;
  const children = () => [...node.childNodes].map(built).flat();
  if (name === "a") return [anchor(node, children())];
  if (name === "span" && node.classList.contains("spoiler")) return [spoiler(children())];
  if (name === "span") return [h("span", { class: plainClass(node) }, children())];
  if (name === "time") return [moment(node, children())];
  if (!KEPT.has(name)) return children();
  const more = name === "ol" && /^\d{1,9}$/.test(node.getAttribute("start") ?? "") ? { start: node.getAttribute("start") } : {};
  const code = name === "code" || name === "pre";
  return [h(name, { dir: code ? null : "auto", ...more }, children())];
}

function anchor(node, children) {
  const given = node.getAttribute("href") ?? "";
  const href = /^mailto:[^\s]+$/i.test(given) ? given : webAddress(given);
  return href ? h("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, children) : h("span", {}, children);
}

function plainClass(node) {
  return ["mention", "channel", "emoji"].find((name) => node.classList.contains(name)) ?? null;
}

/** Covered until it is asked for. */
function spoiler(children) {
  const words = h("span", { class: "spoiler", role: "button", tabindex: "0", "aria-expanded": "false", "aria-label": "Spoiler. Show it" }, h("span", { "aria-hidden": "true" }, children));
  const show = (event) => {
    if (words.classList.contains("shown") || (event.type === "keydown" && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    event.stopPropagation();
    words.classList.add("shown");
    for (const name of ["role", "tabindex", "aria-expanded", "aria-label"]) words.removeAttribute(name);
    words.firstChild.removeAttribute("aria-hidden");
  };
  words.addEventListener("click", show);
  words.addEventListener("keydown", show);
  return words;
}

const DIGITS = { dateStyle: "short" };
const LONG = { dateStyle: "long" };
const STYLES = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: DIGITS,
  D: LONG,
  f: { ...LONG, timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
  s: { ...DIGITS, timeStyle: "short" },
  S: { ...DIGITS, timeStyle: "medium" },
};
const STEPS = [["year", 31_536_000], ["month", 2_592_000], ["week", 604_800], ["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];
const AGO = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

/** A moment as its reader's own clock and language say it. */
function moment(node, children) {
  const at = new Date(Number(node.dataset.unix) * 1000);
  if (Number.isNaN(at.getTime())) return h("span", {}, children);
  const style = node.dataset.style ?? "f";
  let words;
  if (style === "R") {
    const seconds = (at - Date.now()) / 1000;
    const [unit, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? STEPS.at(-1);
    words = AGO.format(Math.round(seconds / size), unit);
  } else {
    words = new Intl.DateTimeFormat(undefined, STYLES[style] ?? STYLES.f).format(at);
  }
  return h("time", { class: "moment", datetime: at.toISOString(), title: at.toLocaleString() }, words);
}

/** What can be typed to format words, in one line. */
export function marksHelp(more = {}) {
  return h("p", { class: "marks", ...more }, h("b", {}, "**bold**"), " ", h("i", {}, "*italic*"), " ", h("code", {}, "`code`"));
}
