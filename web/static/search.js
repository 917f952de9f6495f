// Finding messages by their words: a field, and what was found, newest first.

import { get } from "./api.js";
import { fill, h, latest } from "./dom.js";
import { full, pinPicture, pinTitle, when } from "./look.js";

export class Search {
  /** `closed()` is called when the field is emptied. */
  constructor({ opened, closed }) {
    this.opened = opened;
    this.closed = closed;
    this.older = null;
    this.field = h("input", { type: "search", "aria-label": "Search messages", placeholder: "Search: oak from:@mia", maxlength: "500", autocomplete: "off" });
    this.node = h("form", { class: "search", role: "search", onsubmit: (event) => (event.preventDefault(), this.find()) }, this.field);
    this.list = h("ul", { class: "threads hits" });
    this.told = h("p", { class: "note", role: "status", hidden: true });
    this.more = h("button", { type: "button", class: "plain", hidden: true, onclick: () => this.#read(true) }, "Older messages");
    this.results = h("div", {}, this.told, this.list, this.more);
    this.find = latest(() => this.#read(false));
    this.field.addEventListener("input", () => {
      clearTimeout(this.soon);
      this.soon = setTimeout(this.find, 300);
    });
  }

  get active() {
    return Boolean(this.field.value.trim());
  }

  async #read(further) {
    const words = this.field.value.trim();
    if (!words) return this.closed();
    this.opened();
    let found;
    try {
      found = await get("/api/search", { q: words, older: further ? this.older : "" });
    } catch (problem) {
      fill(this.list);
      this.more.hidden = true;
      return this.#say(problem.message);
    }
    if (words !== this.field.value.trim()) return;
    const rows = found.hits.map((hit) => row(hit));
    if (further) this.list.append(...rows);
    else fill(this.list, rows);
    this.older = found.older;
    this.more.hidden = !found.older;
    const behind = found.behind ? ` The newest ${found.behind} events are not searched yet.` : "";
    this.#say(this.list.children.length ? behind.trim() : `Nothing was found.${behind}`);
  }

  #say(sentence) {
    this.told.textContent = sentence;
    this.told.hidden = !sentence;
  }
}

function row(hit) {
  return h(
    "li",
    {},
    h(
      "a",
      { class: "row", href: `#/t/${hit.thread}` },
      pinPicture(hit.pin, "tile"),
      h(
        "span",
        { class: "lines" },
        h("span", { class: "top" }, h("strong", { dir: "auto" }, pinTitle(hit.pin)), h("time", { datetime: hit.at, title: full(hit.at) }, when(hit.at))),
        h("span", { class: "found" }, h("bdi", { class: "by" }, hit.author.name, ": "), h("bdi", {}, hit.excerpt)),
      ),
    ),
  );
}
