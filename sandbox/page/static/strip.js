// The strip under a message: where it has been delivered, waits, or failed. The program is
// asked, since only it knows; without it there are no strips and nothing else changes.

import { h, icon, webAddress } from "./dom.js";
import { latest } from "./control.js";

const STATES = {
  delivered: { icon: "check", word: "delivered" },
  waiting: { icon: "wait", word: "waiting" },
  failed: { icon: "fail", word: "failed" },
};

/** The program's web address and what it tells of deliveries. */
export class Deliveries {
  constructor() {
    this.web = "";
    this.up = false;
    this.waiting = {};
    this.behind = {}; // by platform: {done, total} of the threads that are read after an outage
    this.places = new Map(); // "slack C0INBOX" -> Map(remote id -> list of places)
    this.watched = new Map(); // the same key -> [platform, channel]
    this.listeners = new Set();
    this.source = null;
    this.ask = latest(() => this.#ask());
    // Nothing tells of catching up, so that is looked for: often while it goes on.
    const look = () => {
      if (this.up) this.ask();
      setTimeout(look, Object.keys(this.behind).length ? 700 : 2500);
    };
    look();
  }

  /** Hear when strips, counters or the program's being up change. */
  onChange(listener) {
    this.listeners.add(listener);
  }

  /** Point to the program; an empty or bad address means there is none yet. */
  point(address) {
    const web = address && webAddress(address) ? address.replace(/\/+$/, "") : "";
    if (web === this.web && this.source) return;
    this.web = web;
    this.source?.close();
    this.source = null;
    if (web) this.#open();
    else this.#standing(false);
  }

  /** Keep the strips of a place fresh from now on. */
  watch(platform, channel) {
    const key = `${platform} ${channel}`;
    if (this.watched.has(key)) return;
    this.watched.set(key, [platform, channel]);
    if (this.up) this.ask();
  }

  /** What is known of one message. */
  of(platform, channel, id) {
    return this.places.get(`${platform} ${channel}`)?.get(id) ?? [];
  }

  #open() {
    this.source = new EventSource(`${this.web}/api/demo/live`);
    this.source.addEventListener("open", () => {
      this.#standing(true);
      this.ask();
    });
    this.source.addEventListener("message", () => this.ask());
    this.source.addEventListener("change", () => this.ask());
    this.source.addEventListener("error", () => {
      this.#standing(false);
      if (this.source?.readyState === EventSource.CLOSED) setTimeout(() => this.#reopen(), 3000);
    });
  }

  #reopen() {
    this.source?.close();
    this.source = null;
    if (this.web) this.#open();
  }

  #standing(up) {
    if (this.up === up) return;
    this.up = up;
    if (!up) this.waiting = this.behind = {};
    this.#tell();
  }

  async #ask() {
    for (const [key, [platform, channel]] of this.watched) {
      const query = new URLSearchParams({ platform, channel });
      try {
        const answer = await fetch(`${this.web}/api/demo/deliveries?${query}`);
        if (!answer.ok) continue;
        const told = await answer.json();
        this.places.set(key, new Map(Object.entries(told.messages ?? {})));
        this.waiting = told.waiting ?? {};
        this.behind = Object.fromEntries((told.catching_up ?? []).map((one) => [one.platform, one]));
      } catch {
        return;
      }
    }
    this.#tell();
  }

  #tell() {
    this.listeners.forEach((listener) => listener());
  }
}

const PLATFORMS = { slack: "Slack", discord: "Discord", web: "Web" };
const WORST = ["here", "delivered", "waiting", "failed"];

/**
 * The strip itself; nothing when the message is nowhere else. A message of several parts has
 * each place several times: the worst state counts. That it has arrived where one sees it
 * (`here`: platform and name of the place) goes without saying.
 */
export function strip(places, here) {
  const worst = new Map();
  for (const place of places) {
    const key = `${place.platform} ${place.place}`;
    const known = worst.get(key);
    if (!known || WORST.indexOf(place.state) > WORST.indexOf(known.state)) worst.set(key, place);
  }
  const isHere = (place) =>
    place.state === "delivered" && place.platform === here?.platform && place.place.endsWith(here.place);
  const shown = [...worst.values()].filter((place) => place.state in STATES && !isHere(place));
  if (!shown.length) return null;
  return h(
    "ul",
    { class: "strip", "aria-label": "Deliveries" },
    shown.map((place) => {
      const state = STATES[place.state];
      const platform = PLATFORMS[place.platform] ?? "";
      const where = place.place.startsWith(platform) ? place.place : `${platform} ${place.place}`;
      const words = `${where}: ${state.word}${place.reason ? `. ${place.reason}` : ""}`;
      return h(
        "li",
        {
          class: `place ${place.state}`,
          data: { platform: String(place.platform) },
          title: words,
          "aria-label": words,
        },
        icon(state.icon),
        h("span", { class: "where" }, where),
        place.state === "delivered" ? null : h("span", { class: "how" }, state.word),
        place.state === "failed" && place.reason ? h("span", { class: "why" }, place.reason) : null,
      );
    }),
  );
}
