// The posts of a Discord forum: what the list of them knows, and how one looks in it.

import { get } from "./control.js";
import { avatar, h, icon, picture } from "./dom.js";
import { coverOf } from "./embeds.js";
import { clock } from "./message.js";

const MOST = 40;

/** Reads the newest posts, and each one's messages only when something has changed in it. */
export class Forum {
  constructor() {
    this.changes = new Map(); // thread id -> how often it was said to have changed
    this.known = new Map(); // thread id -> [the state it was read at, its messages]
  }

  /** Something has changed in that thread: an edit shows in no number of the list. */
  changed(thread) {
    if (thread) this.changes.set(thread, (this.changes.get(thread) ?? 0) + 1);
  }

  /** The newest posts, each with its first and latest message and how many there are. */
  read(threads) {
    const newest = threads
      .toSorted((a, b) => Number(BigInt(b.last ?? b.id) - BigInt(a.last ?? a.id)))
      .slice(0, MOST);
    return Promise.all(newest.map((thread) => this.#post(thread)));
  }

  async #post(thread) {
    const state = `${thread.last} ${thread.messages} ${this.changes.get(thread.id) ?? 0}`;
    if (this.known.get(thread.id)?.[0] !== state) {
      const place = await get(`/_control/discord/channels/${thread.id}`).catch(() => ({ messages: [] }));
      this.known.set(thread.id, [state, place.messages]);
    }
    const all = this.known.get(thread.id)[1];
    return { ...thread, first: all[0] ?? null, latest: all.length > 1 ? all.at(-1) : null, all: all.length };
  }
}

/** A post as a card in the list; `open` is called when it is chosen. */
export function drawPost(post, open) {
  const { first, latest, all } = post;
  const cover = coverOf(first);
  const shown = first?.embeds?.[0];
  const words = latest
    ? [h("em", {}, `${latest.name}: `), latest.content || latest.embeds?.[0]?.title || "a pin"]
    : (shown?.description ?? first?.content ?? "");
  const count = all > 1 ? `${all - 1} ${all === 2 ? "message" : "messages"}` : "new";
  const card = h(
    "button",
    { type: "button", class: "post", onclick: open },
    h(
      "span",
      { class: "post-words" },
      h("b", {}, post.name),
      h("span", { class: "post-text" }, words),
      h(
        "span",
        { class: "post-foot" },
        first ? avatar(first.name, first.picture) : null,
        h("span", {}, count),
        latest ? clock(new Date(timeOf(latest))) : null,
      ),
    ),
    h("span", { class: "post-cover" }, cover ? picture(cover, "", "") : icon("pin")),
  );
  if (Number.isInteger(shown?.color)) {
    card.style.setProperty("--tone", `#${shown.color.toString(16).padStart(6, "0")}`);
  }
  return card;
}

/** When a message was made, in milliseconds; its id tells it too. */
export function timeOf(message) {
  return message.at ? Date.parse(message.at) : Number((BigInt(message.id) >> 22n) + 1420070400000n);
}

/** What a post made of these words is called. */
export function titleOf(text) {
  const line = text
    .replace(/https?:\/\/\S+/g, "")
    .trim()
    .split("\n")[0]
    .trim();
  if (!line) return "A pin";
  return line.length > 80 ? `${line.slice(0, 79)}\u2026` : line;
}
