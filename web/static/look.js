// How people, pins, times and deliveries look, wherever they stand.

import { h, icon, webAddress } from "./dom.js";

const TONES = ["#a8553a", "#8a6a2f", "#5f7a4b", "#3f7a72", "#4a6d94", "#6b5b95", "#96567a", "#7a5c48"];

/** The name isolated, so that right-to-left letters in it do not turn its neighbours round. */
export function named(person, tag = "span", props = {}) {
  return h(tag, { dir: "auto", class: "name", ...props }, person.name);
}

/** The picture, or the first letters on a colour of the person's own. */
export function avatar(person, size = "") {
  const words = person.name.trim().split(/\s+/).filter(Boolean);
  const first = (word) => [...(word ?? "")][0] ?? "";
  const letters = (first(words[0]) + (words.length > 1 && size !== "tiny" ? first(words.at(-1)) : "")).toUpperCase();
  let sum = 7;
  for (const char of person.handle) sum = (sum * 31 + char.codePointAt(0)) >>> 0;
  const node = h("span", { class: `avatar ${size} ${person.kind}`, "aria-hidden": "true" }, letters || "?");
  node.style.backgroundColor = TONES[sum % TONES.length];
  const src = person.picture && webAddress(person.picture);
  if (src) {
    const img = h("img", { src, alt: "", loading: "lazy", referrerpolicy: "no-referrer" });
    img.addEventListener("error", () => img.remove());
    node.append(img);
  }
  return node;
}

/** Up to three faces, one over the other. */
export function faces(people, size = "small") {
  return h("span", { class: "faces" }, people.slice(0, 3).map((person) => avatar(person, size)));
}

export function listed(people) {
  const names = people.map((person) => person.name);
  if (!names.length) return "Only you";
  if (names.length <= 2) return names.join(" and ");
  return names.length === 3 ? `${names[0]}, ${names[1]} and ${names[2]}` : `${names[0]}, ${names[1]} and ${names.length - 2} more`;
}

export function pinTitle(pin) {
  return pin.title || `Pin ${pin.id}`;
}

/** A pin's picture in a frame of its own colour; without a picture, the frame alone. */
export function pinPicture(pin, kind) {
  const frame = h("span", { class: `shot ${kind}` });
  if (/^#[0-9a-f]{6}$/i.test(pin.color ?? "")) frame.style.setProperty("--tone", pin.color);
  const empty = () => frame.classList.add("empty") || frame.replaceChildren(icon("pin"));
  const src = pin.picture && webAddress(pin.picture);
  if (!src) {
    empty();
    return frame;
  }
  const img = h("img", { src, alt: pin.alt || pinTitle(pin), referrerpolicy: "no-referrer", decoding: "async" });
  img.addEventListener("load", () => img.classList.add("there"));
  img.addEventListener("error", empty);
  frame.append(img);
  return frame;
}

/** A pin inside a message: picture, title, maker; opens the pin. */
export function pinCard(pin) {
  return h(
    "a",
    { class: "card", href: webAddress(pin.url) || "#", target: "_blank", rel: "noopener noreferrer" },
    pinPicture(pin, "wide"),
    h("span", { class: "about" }, h("strong", { dir: "auto" }, pinTitle(pin)), pin.creator ? h("small", { dir: "auto" }, pin.creator) : null),
  );
}

/** The pin that a thread is about, large. */
export function pinHead(pin) {
  const facts = [pin.creator, pin.board].filter(Boolean);
  const link = pin.link && webAddress(pin.link);
  const head = h(
    "div",
    { class: "pin-head" },
    pinPicture(pin, "tall"),
    h(
      "div",
      { class: "about" },
      facts.length ? h("p", { class: "facts" }, facts.map((fact, at) => [at ? " \u00b7 " : "", h("bdi", {}, fact)])) : null,
      h("h3", { dir: "auto" }, pinTitle(pin)),
      pin.description ? h("p", { class: "words", dir: "auto" }, pin.description) : null,
      h(
        "p",
        { class: "links" },
        outside(webAddress(pin.url), "Open the pin"),
        link ? outside(link, new URL(link).hostname.replace(/^www\./, "")) : null,
      ),
    ),
  );
  if (/^#[0-9a-f]{6}$/i.test(pin.color ?? "")) head.style.setProperty("--tone", pin.color);
  const src = pin.picture && webAddress(pin.picture);
  if (src) {
    // The picture itself, blurred, lends the head its colours.
    const glow = h("img", { class: "glow", src, alt: "", "aria-hidden": "true", referrerpolicy: "no-referrer" });
    glow.addEventListener("load", () => glow.classList.add("there"));
    glow.addEventListener("error", () => glow.remove());
    head.prepend(glow);
  }
  return head;
}

function outside(href, words) {
  return href ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }, h("bdi", {}, words), icon("out")) : null;
}

const STATES = {
  here: { icon: "here", say: (place) => `written in ${place}` },
  delivered: { icon: "check", say: (place) => `delivered to ${place}` },
  waiting: { icon: "clock", say: (place) => `waiting for ${place}` },
  failed: { icon: "fail", say: (place) => `not delivered to ${place}` },
};

/** Where a message stands, place by place. `retry`, where given, tries once more what failed. */
export function strip(deliveries, retry = null) {
  const shown = deliveries.filter((each) => each.state in STATES);
  if (!shown.length) return null;
  const again = retry && shown.some((each) => each.state === "failed") ? h("li", {}, h("button", { type: "button", class: "plain", onclick: retry }, "Retry")) : null;
  return h(
    "ul",
    { class: "strip", "aria-label": "Deliveries" },
    shown.map((each) => {
      const state = STATES[each.state];
      const words = state.say(each.place) + (each.reason ? `: ${each.reason}` : "");
      return h(
        "li",
        { class: each.state, title: words, "aria-label": words },
        icon(state.icon),
        h("bdi", {}, each.place),
        each.state === "waiting" ? h("em", {}, "waiting") : null,
        each.state === "failed" ? h("em", {}, each.reason ? `failed: ${each.reason}` : "failed") : null,
      );
    }),
    again,
  );
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const SHORT = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const WEEKDAY = new Intl.DateTimeFormat(undefined, { weekday: "short" });

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
const daysAgo = (date) => Math.round((midnight(new Date()) - midnight(date)) / 86_400_000);

export function clock(at) {
  return CLOCK.format(new Date(at));
}

export function day(at) {
  const ago = daysAgo(new Date(at));
  if (ago === 0) return "Today";
  return ago === 1 ? "Yesterday" : DAY.format(new Date(at));
}

/** Short, for lists: the time today, the weekday this week, else the date. */
export function when(at) {
  const date = new Date(at);
  const ago = daysAgo(date);
  if (ago <= 0) return Date.now() - date < 60_000 ? "now" : CLOCK.format(date);
  return ago < 7 ? WEEKDAY.format(date) : SHORT.format(date);
}

export function full(at) {
  return new Date(at).toLocaleString();
}
