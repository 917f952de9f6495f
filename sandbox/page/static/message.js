// One message in a list, in the manner of both chat panes.

import { file, reactions as drawn } from "./doing.js";
import { avatar, h, icon } from "./dom.js";
import { strip } from "./strip.js";

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/** The time as people read it, whole in the title. */
export function clock(date) {
  return h("time", { datetime: date.toISOString(), title: DAY.format(date) }, CLOCK.format(date));
}

/** A row: who, when, `body` (nodes), and what belongs under it. */
export function row(message) {
  const {
    name,
    face,
    badge,
    at,
    body,
    edited,
    reactions,
    files,
    places,
    here,
    only,
    quote,
    under,
    tools,
    follows,
  } = message;
  return h(
    "article",
    { class: `message${follows ? " follows" : ""}${only ? " only" : ""}` },
    h("div", { class: "side" }, follows ? null : avatar(name, face)),
    h(
      "div",
      { class: "main" },
      only ? h("p", { class: "only-you" }, icon("eye"), only) : null,
      quote ?? null,
      follows
        ? null
        : h(
            "header",
            {},
            h("b", { class: "name" }, name),
            badge ? h("span", { class: "badge" }, badge) : null,
            clock(at),
          ),
      h("div", { class: "body" }, body, edited ? h("span", { class: "edited" }, " (edited)") : null),
      files?.length ? h("div", { class: "files" }, files.map(attached)) : null,
      reactions?.length ? drawn(reactions) : null,
      strip(places ?? [], here),
      under ?? null,
    ),
    tools?.length ? h("div", { class: "tools" }, tools) : null,
  );
}

/** A file; one's own can be taken off (`remove`), which in Slack leaves a tombstone. */
function attached(one) {
  if (one.mode === "tombstone") return h("span", { class: "file" }, icon("bin"), "This file was deleted");
  if (!one.remove) return file(one);
  const name = one.title || one.filename || one.name || "file";
  return h("span", { class: "own" }, file(one), tool("close", `Take ${name} off`, one.remove));
}

/** A small button that shows when the pointer or the focus is on its message. */
export function tool(name, words, act) {
  return h(
    "button",
    {
      type: "button",
      class: "tool",
      "aria-label": words,
      title: words,
      onclick: (event) => act(event.currentTarget),
    },
    icon(name),
  );
}

/** The flags that let a message stand under the one before without its name again. */
export function joins(before, now) {
  return Boolean(
    before &&
    !before.apart &&
    !now.apart &&
    before.name === now.name &&
    before.who === now.who &&
    now.at - before.at < 240000,
  );
}

/** Keep a list at its end while the reader is there; `first` goes there in any case. */
export function following(scroller, draw, first) {
  const near = first || scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 140;
  draw();
  if (!near) return;
  const down = () => scroller.scrollTo({ top: scroller.scrollHeight, behavior: "instant" });
  down();
  for (const image of scroller.querySelectorAll("img")) {
    if (!image.complete) image.addEventListener("load", down, { once: true });
  }
}
