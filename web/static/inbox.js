// The list of conversations: a picture, who with, the last words, when.

import { get } from "./api.js";
import { fill, h, icon, latest } from "./dom.js";
import { faces, full, listed, pinPicture, pinTitle, when } from "./look.js";
import { Search } from "./search.js";

const LISTS = { all: "All", requests: "Requests", waiting: "Waiting" };
const OF_A_BRAND = { ...LISTS, unassigned: "Unassigned" };

export class Inbox {
  /** `compose(pin)` begins a new conversation. */
  constructor({ me, compose }) {
    this.me = me;
    this.compose = compose;
    this.threads = null;
    this.open = "";
    this.unread = new Set();
    this.failed = "";
    this.list = h("ul", { class: "threads" });
    this.room = h("div", { class: "scroll" });
    this.pins = [];
    this.tray = h("div", { class: "tray", role: "group", "aria-label": "Start with one of these pins", hidden: true });
    this.gallery = h("div", { class: "gallery" });
    this.which = "all";
    this.tabs = h("div", { class: "tabs", role: "group", "aria-label": "Lists" });
    this.search = new Search({ opened: () => fill(this.room, this.search.results), closed: () => (fill(this.room), this.draw()) });
    this.node = h(
      "section",
      { class: "inbox", "aria-label": "Conversations" },
      h(
        "header",
        { class: "bar" },
        h("h2", { tabindex: "-1" }, "Conversations"),
        h("a", { class: "button", href: "#/new" }, icon("plus"), "New conversation"),
      ),
      this.search.node,
      this.tabs,
      this.room,
      this.tray,
    );
    this.refresh = latest(() => this.#read());
    this.draw();
  }

  /** The thread that is shown beside the list. */
  mark(id) {
    this.open = id;
    this.unread.delete(id);
    this.draw();
  }

  /** Somebody said something there. */
  news(id, line) {
    if (id !== this.open && line.author.handle !== this.me.handle) this.unread.add(id);
    this.refresh();
  }

  async #read() {
    try {
      this.threads = (await get("/api/threads", { which: this.which === "all" ? "" : this.which })).threads;
      this.failed = "";
      this.#readPins();
    } catch (problem) {
      this.failed = problem.message;
    }
    this.draw();
  }

  /** Pins to begin another conversation with; they change only with a new thread. */
  async #readPins() {
    if (this.counted === this.threads.length) return;
    this.counted = this.threads.length;
    this.pins = (await get("/api/pins/recent").catch(() => ({ pins: [] }))).pins;
    const tiles = () => this.pins.map((pin) => pinTile(pin, () => this.compose(pin)));
    fill(this.tray, tiles());
    fill(this.gallery, tiles());
    this.draw();
  }

  /** Another of the lists. */
  #choose(which) {
    this.which = which;
    this.threads = null;
    this.draw();
    this.refresh();
  }

  #drawTabs() {
    const lists = Object.entries(this.me.kind === "brand" ? OF_A_BRAND : LISTS);
    fill(this.tabs, lists.map(([which, label]) => h("button", { type: "button", class: "plain", "aria-pressed": String(which === this.which), onclick: () => this.#choose(which) }, label)));
  }

  draw() {
    this.#drawTabs();
    if (this.search.active) return;
    this.tray.hidden = !this.threads?.length || !this.pins.length;
    if (this.threads === null) {
      fill(this.room, this.failed ? h("p", { class: "note", role: "alert" }, this.failed) : h("p", { class: "note" }, "One moment\u2026"));
    } else if (!this.threads.length && this.which !== "all") {
      fill(this.room, h("p", { class: "note" }, "Nothing in this list."));
    } else if (!this.threads.length) {
      this.#drawEmpty();
    } else {
      fill(this.list, this.threads.map((thread) => this.#row(thread)));
      if (this.list.parentNode !== this.room) fill(this.room, this.list);
    }
  }

  #row(thread) {
    const { last_by: by, last_text: text } = thread;
    const mine = by?.handle === this.me.handle;
    const said = text || (by ? "sent this pin" : "");
    return h(
      "li",
      {},
      h(
        "a",
        {
          class: `row${this.unread.has(thread.id) ? " unread" : ""}`,
          href: `#/t/${thread.id}`,
          "aria-current": thread.id === this.open ? "page" : null,
        },
        pinPicture(thread.pin, "tile"),
        h(
          "span",
          { class: "lines" },
          h("span", { class: "top" }, h("strong", { dir: "auto" }, pinTitle(thread.pin)), h("time", { datetime: thread.last_at, title: full(thread.last_at) }, when(thread.last_at))),
          h("span", { class: "with" }, faces(thread.people, "tiny"), h("bdi", {}, listed(thread.people))),
          h("span", { class: "last" }, by ? h("bdi", { class: "by" }, mine ? "You" : by.name, text ? ": " : " ") : null, h("bdi", {}, said)),
        ),
        thread.request === "pending" ? h("span", { class: "tag" }, "request") : thread.desk && thread.desk.status !== "open" ? h("span", { class: "tag" }, thread.desk.status) : null,
        this.unread.has(thread.id) ? h("span", { class: "dot", role: "img", "aria-label": "new" }) : null,
      ),
    );
  }

  #drawEmpty() {
    fill(
      this.room,
      h(
        "div",
        { class: "empty" },
        h("h3", {}, "Every conversation starts with a pin"),
        h("p", {}, "Pick something you like, choose who to show it to, and say what you think."),
        this.gallery,
        h("a", { class: "button", href: "#/new" }, icon("plus"), "Start with a pin"),
      ),
    );
  }
}

/** A pin to pick: its picture, called by its title. */
export function pinTile(pin, pick, more = {}) {
  const title = pinTitle(pin);
  return h("button", { type: "button", class: "pick", title, "aria-label": title, onclick: pick, ...more }, pinPicture(pin, "cell"), h("span", { dir: "auto" }, title));
}
