// The pinner's pane: which view is shown, who one is, and what the stream brings.

import { get, Live } from "./api.js";
import { limits } from "./attached.js";
import { Compose } from "./compose.js";
import { fill, h } from "./dom.js";
import { Inbox } from "./inbox.js";
import { avatar, named } from "./look.js";
import { Settings } from "./settings.js";
import { Thread } from "./thread.js";

const asked = new URLSearchParams(location.search);
const embedded = asked.has("embed");
document.documentElement.classList.toggle("embed", embedded);

const PLATFORMS = { slack: "Slack", discord: "Discord" };

class Pane {
  constructor({ me, demo }) {
    this.me = me;
    this.demo = demo;
    this.threads = new Map();
    this.thread = null;
    this.composing = null;
    this.inbox = new Inbox({ me, compose: (pin) => this.compose(pin) });
    this.side = h("div", { class: "side" }, this.inbox.node);
    this.main = h("main", { class: "main" });
    this.lost = h("p", { class: "lost", role: "status", hidden: true }, "Not connected. Trying again\u2026");
    this.behind = h("p", { class: "behind", role: "status", hidden: true });
    fill(document.body, embedded ? null : this.#chrome(), this.lost, this.behind, h("div", { class: "columns" }, this.side, this.main));
    this.live = new Live({ heard: (name, data) => this.#heard(name, data), standing: (up) => this.#standing(up) });
    window.addEventListener("hashchange", () => this.route());
    this.route();
    this.live.run().then(() => this.#signedOut());
  }

  /** Shows what the address names: the list, a thread, or a new conversation. */
  route() {
    const [, view, id] = location.hash.split("/");
    this.thread = null;
    let shown = h("div", { class: "nothing" }, h("p", {}, "Choose a conversation, or start one with a pin."));
    if (view === "t" && /^[a-z0-9]+$/.test(id ?? "")) {
      this.thread = this.#threadOf(id);
      shown = this.thread.node;
    } else if (view === "new") {
      this.composing ??= new Compose({ started: (thread) => this.#started(thread), back: () => this.home() });
      shown = this.composing.node;
    } else if (view === "settings") {
      const settings = new Settings({ me: this.me, back: () => this.home() });
      settings.refresh();
      shown = settings.node;
    }
    document.body.dataset.view = view || "list";
    fill(this.main, shown);
    this.inbox.mark(this.thread?.id ?? "");
    if (this.thread) {
      this.thread.refresh();
      if (matchMedia("(hover: hover)").matches) this.thread.composer.focus();
    } else if (view === "new") {
      this.composing.focus();
    } else {
      this.inbox.refresh();
    }
  }

  home() {
    location.hash = "#/";
  }

  compose(pin) {
    this.composing = null;
    location.hash = "#/new";
    // The listener of the address has not run yet; it finds this one.
    this.composing = new Compose({ started: (thread) => this.#started(thread), back: () => this.home() });
    this.composing.pins.choose(pin);
  }

  #threadOf(id) {
    if (!this.threads.has(id)) {
      this.threads.set(id, new Thread({ id, me: this.me, back: () => this.home(), live: () => this.live.up }));
      // Old views are made again when they are asked for.
      if (this.threads.size > 20) this.threads.delete(this.threads.keys().next().value);
    }
    return this.threads.get(id);
  }

  #started(thread) {
    this.composing = null;
    this.inbox.refresh();
    location.hash = `#/t/${thread.id}`;
  }

  #heard(name, data) {
    if (name === "ready") {
      this.#lookBehind();
      this.inbox.refresh();
      this.thread?.refresh();
      return;
    }
    if (name === "places") {
      for (const thread of this.threads.values()) if (thread.view?.conversation === data.conversation) thread.places.refresh();
      return;
    }
    const id = name === "thread" ? data.id : data.thread;
    this.threads.get(id)?.heard(name, data);
    if (name === "thread") {
      this.inbox.refresh();
      if (data.left && this.thread?.id === id) this.home();
    } else if (name === "change") {
      if (data.line.edited || data.line.deleted) this.inbox.refresh();
    } else if (name === "message") {
      this.inbox.news(id, data.line);
      this.#follow(id, data.line);
    }
  }

  /** In a frame, words of one's own that were said elsewhere are shown at once; not that one has left. */
  #follow(id, line) {
    const mine = line.kind !== "notice" && line.author.handle === this.me.handle;
    const busy = this.composing ? !this.composing.empty : this.thread && !this.thread.composer.empty;
    if (embedded && mine && !busy && this.thread?.id !== id && document.body.dataset.view !== "new") location.hash = `#/t/${id}`;
  }

  /** The session is over. A demonstration's page carries a new one. */
  #signedOut() {
    if (asked.has("as") && performance.now() > 10_000) location.reload();
    else door("Pinthread", "You are signed out. Open a sign-in link to go on.");
  }

  #standing(up) {
    clearTimeout(this.losing);
    if (up) this.lost.hidden = true;
    else this.losing = setTimeout(() => (this.lost.hidden = false), 1500);
  }

  /** Says what is still being caught up with; looks more often while something is. */
  async #lookBehind() {
    clearTimeout(this.looking);
    let found = [];
    try {
      if (!document.hidden) found = (await get("/api/standing")).catching_up;
    } catch {
      // The next look may tell.
    }
    this.behind.hidden = !found.length;
    this.behind.textContent = found.map(({ platform, done, total }) => `Catching up with ${PLATFORMS[platform] ?? platform}: ${done} of ${total} threads`).join(" \u00b7 ");
    this.looking = setTimeout(() => this.#lookBehind(), found.length ? 1000 : 30_000);
  }

  #chrome() {
    const become = (event) => location.assign(`/?as=${encodeURIComponent(event.target.value)}`);
    const switcher =
      this.demo.length > 1
        ? h("select", { "aria-label": "Who to be", onchange: become }, this.demo.map((person) => h("option", { value: person.handle, selected: person.handle === this.me.handle }, person.name)))
        : named(this.me);
    return h(
      "header",
      { class: "chrome" },
      h("a", { class: "mark", href: "#/" }, h("span", { class: "drop", "aria-hidden": "true" }), "Pinthread"),
      h("div", { class: "me" }, h("a", { class: "plain", href: "#/settings" }, "Settings"), avatar(this.me, "small"), switcher, this.demo.length ? null : h("form", { method: "post", action: "/sign-out" }, h("button", { class: "plain" }, "Sign out"))),
    );
  }
}

function door(title, words) {
  document.body.classList.add("door");
  fill(document.body, h("main", {}, h("h1", {}, title), h("p", {}, words)));
}

async function begin(tries = 0) {
  try {
    const told = await get("/api/me");
    document.body.classList.remove("door");
    limits.file = told.largest_file || Infinity;
    new Pane(told);
  } catch (problem) {
    if (problem.status === 401) return door("Pinthread", problem.message);
    door("Pinthread", problem.message);
    setTimeout(() => begin(tries + 1), Math.min(500 * 2 ** tries, 8000));
  }
}

begin();
