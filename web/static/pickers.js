// Choosing a pin by its address or picture, and choosing people by typing.

import { get } from "./api.js";
import { fill, h, iconButton } from "./dom.js";
import { pinTile } from "./inbox.js";
import { avatar, named, pinHead } from "./look.js";

let count = 0;
const id = (word) => `${word}-${++count}`;

/** A field for a pin's address with recent pins below; `chosen(pin or null)` is told. */
export class PinPicker {
  constructor({ chosen }) {
    this.chosen = chosen;
    this.pin = null;
    this.asked = 0;
    const field = id("pin");
    this.field = h("input", {
      id: field,
      type: "url",
      inputmode: "url",
      autocomplete: "off",
      spellcheck: "false",
      placeholder: "https://www.pinterest.com/pin/\u2026 or https://pin.it/\u2026",
    });
    this.field.addEventListener("input", () => this.#typed());
    this.word = h("p", { class: "hint", role: "status" });
    this.recent = h("div", { class: "gallery" });
    this.shown = h("div", { class: "shown" });
    this.asking = h("div", {}, h("label", { for: field }, "A pin's address"), this.field, this.word, this.recent);
    this.node = h("div", { class: "pin-picker" }, this.asking, this.shown);
    this.#draw();
    this.#load();
  }

  choose(pin) {
    this.pin = pin;
    this.asked += 1;
    this.#draw();
    this.chosen(pin);
  }

  /** Look an address up as if it had been typed. */
  async look(address) {
    const asked = ++this.asked;
    if (!address) return this.#say("");
    this.#say("Looking\u2026");
    try {
      const pin = await get("/api/pins", { address });
      if (asked === this.asked) this.choose(pin);
    } catch (problem) {
      if (asked === this.asked) this.#say(problem.message, true);
    }
  }

  focus() {
    (this.pin ? this.shown.querySelector("button") : this.field)?.focus();
  }

  #typed() {
    clearTimeout(this.timer);
    const address = this.field.value.trim();
    this.asked += 1;
    this.#say("");
    this.timer = setTimeout(() => this.look(address), address.startsWith("https://") ? 250 : 900);
  }

  #say(words, wrong = false) {
    this.word.textContent = words;
    this.word.classList.toggle("wrong", wrong);
  }

  #draw() {
    this.asking.hidden = Boolean(this.pin);
    this.#say("");
    fill(this.shown, this.pin ? [pinHead(this.pin), iconButton("close", "Choose another pin", () => this.#clear(), { class: "round over" })] : []);
  }

  #clear() {
    this.field.value = "";
    this.choose(null);
    this.field.focus();
  }

  async #load() {
    const { pins } = await get("/api/pins/recent").catch(() => ({ pins: [] }));
    fill(this.recent, pins.map((pin) => pinTile(pin, () => this.choose(pin))));
  }
}

/** A field that takes several people, each a chip; suggestions as one types. */
export class PeoplePicker {
  constructor({ changed, without = [], label = "To" }) {
    this.changed = changed;
    this.without = new Set(without);
    this.people = [];
    this.found = [];
    this.at = 0;
    this.asked = 0;
    this.listId = id("people");
    const field = id("who");
    this.field = h("input", {
      id: field,
      type: "text",
      role: "combobox",
      autocomplete: "off",
      autocapitalize: "none",
      spellcheck: "false",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.listId,
    });
    this.field.addEventListener("input", () => {
      this.#narrow();
      this.#ask();
    });
    this.field.addEventListener("focus", () => this.#ask());
    this.field.addEventListener("blur", () => setTimeout(() => this.#show([]), 150));
    this.field.addEventListener("keydown", (event) => this.#key(event));
    this.chips = h("span", { class: "chips" });
    this.list = h("ul", { id: this.listId, class: "suggestions", role: "listbox", "aria-label": "People", hidden: true });
    const box = h("div", { class: "people-box", onclick: () => this.field.focus() }, this.chips, this.field);
    this.node = h("div", { class: "people-picker" }, h("label", { for: field }, label), box, this.list);
    this.#drawChips();
  }

  get handles() {
    return this.people.map((person) => person.handle);
  }

  /** Nobody stays who is not meant: Enter may come before the answer to what was typed. */
  #narrow() {
    const typed = this.field.value.trim().replace(/^@/, "").toLowerCase();
    this.#show(this.found.filter((person) => `${person.handle} ${person.name}`.toLowerCase().includes(typed)));
  }

  async #ask() {
    const asked = ++this.asked;
    const { people } = await get("/api/people", { q: this.field.value.trim() }).catch(() => ({ people: [] }));
    if (asked !== this.asked || document.activeElement !== this.field) return;
    this.#show(people.filter((person) => !this.without.has(person.handle) && !this.handles.includes(person.handle)));
  }

  #show(people) {
    this.found = people;
    this.at = 0;
    this.list.hidden = !people.length;
    this.field.setAttribute("aria-expanded", String(Boolean(people.length)));
    fill(
      this.list,
      people.map((person, at) =>
        h(
          "li",
          { id: `${this.listId}-${at}`, role: "option", onmousedown: (event) => event.preventDefault(), onclick: () => this.#add(person) },
          avatar(person, "small"),
          named(person),
          h("small", {}, h("bdi", {}, `@${person.handle}`), person.kind === "brand" ? " \u00b7 brand" : ""),
        ),
      ),
    );
    this.#mark();
  }

  #mark() {
    [...this.list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === this.at)));
    if (this.found.length) this.field.setAttribute("aria-activedescendant", `${this.listId}-${this.at}`);
    else this.field.removeAttribute("aria-activedescendant");
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    const { key } = event;
    if (event.isComposing) return;
    if (key === "ArrowDown" || key === "ArrowUp") {
      event.preventDefault();
      const many = this.found.length;
      if (many) this.at = (this.at + (key === "ArrowDown" ? 1 : many - 1)) % many;
      this.#mark();
    } else if (["Enter", ",", "Tab"].includes(key) && this.found.length && this.field.value.trim()) {
      event.preventDefault();
      this.#add(this.found[this.at]);
    } else if (key === "Enter") {
      event.preventDefault();
    } else if (key === "Escape" && this.found.length) {
      event.stopPropagation();
      event.preventDefault();
      this.#show([]);
    } else if (key === "Backspace" && !this.field.value && this.people.length) {
      this.#remove(this.people.at(-1));
    }
  }

  #add(person) {
    this.people.push(person);
    this.field.value = "";
    this.#show([]);
    this.#drawChips();
    this.changed();
    this.field.focus();
  }

  #remove(person) {
    this.people = this.people.filter((each) => each !== person);
    this.#drawChips();
    this.changed();
    this.field.focus();
  }

  #drawChips() {
    this.field.placeholder = this.people.length ? "" : "A name or @handle";
    fill(
      this.chips,
      this.people.map((person) =>
        h(
          "span",
          { class: "chip" },
          avatar(person, "tiny"),
          named(person),
          h("button", { type: "button", "aria-label": `Remove ${person.name}`, onclick: () => this.#remove(person) }, "\u00d7"),
        ),
      ),
    );
  }
}
