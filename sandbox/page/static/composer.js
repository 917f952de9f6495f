// Where a person writes: a box that grows, Enter sends, and a list of what can follow a slash.

import { Attached } from "./doing.js";
import { fill, h, icon, picture } from "./dom.js";

/** A composer; `send(text, files)` may refuse by throwing an Error whose message is a sentence. */
export class Composer {
  constructor({ label, send, suggest, pinOf }) {
    this.suggest = suggest ?? (() => []);
    this.pinOf = pinOf ?? (() => null);
    this.sending = false;
    this.box = h("textarea", { rows: 1, "aria-label": label, placeholder: label, spellcheck: "false" });
    this.button = h(
      "button",
      { type: "submit", class: "send", "aria-label": "Send", disabled: true },
      icon("send"),
    );
    this.editing = null;
    this.about = h("div", { class: "answering", hidden: true });
    this.files = new Attached({ changed: () => this.#enable(), refuse: (words) => this.refuse(words) });
    this.chooser = h("input", { type: "file", multiple: true, hidden: true, tabindex: -1 });
    this.chooser.addEventListener("change", () => (this.attach(this.chooser.files), (this.chooser.value = "")));
    this.clip = h(
      "button",
      { type: "button", class: "clip", "aria-label": "Add files", title: "Add files", onclick: () => this.chooser.click() },
      icon("clip"),
    );
    this.list = h("ul", { class: "suggestions", role: "listbox", hidden: true });
    this.preview = h("div", { class: "pin-preview", hidden: true });
    this.wrong = h("p", { class: "wrong", role: "alert", hidden: true });
    this.node = h(
      "form",
      { class: "composer", onsubmit: (event) => (event.preventDefault(), this.#submit(send)) },
      this.list,
      this.wrong,
      this.about,
      this.files.node,
      h("div", { class: "writing" }, this.preview, this.clip, this.chooser, this.box, this.button),
    );
    this.box.addEventListener("paste", (event) => {
      if (!event.clipboardData?.files.length) return;
      event.preventDefault();
      this.attach(event.clipboardData.files);
    });
    this.node.addEventListener("dragover", (event) => event.preventDefault());
    this.node.addEventListener("drop", (event) => {
      event.preventDefault();
      this.attach(event.dataTransfer?.files ?? []);
    });
    this.box.addEventListener("input", () => this.#changed());
    this.box.addEventListener("blur", () => setTimeout(() => this.#offer([]), 150));
    this.box.addEventListener("keydown", (event) => this.#key(event));
  }

  get text() {
    return this.box.value;
  }

  /** Say what the box is for at present. */
  label(words) {
    this.box.placeholder = words;
    this.box.setAttribute("aria-label", words);
  }

  /** Put a text in and the cursor at its end. */
  write(text, { focus = true } = {}) {
    this.box.value = text;
    this.#changed({ quiet: true });
    if (focus) this.box.focus({ preventScroll: true });
    this.box.setSelectionRange(text.length, text.length);
    this.box.scrollTop = this.box.scrollHeight;
  }

  /** Add files to the next message. */
  attach(files) {
    this.refuse("");
    this.files.add([...files]);
    this.box.focus({ preventScroll: true });
  }

  /** Change a text that was sent; `save(text)` sends the changed one. */
  edit(text, save) {
    this.editing = save;
    this.about.hidden = !save;
    this.clip.hidden = Boolean(save);
    if (!save) return this.write("");
    fill(
      this.about,
      icon("edit"),
      h("span", {}, "Editing a message"),
      h(
        "button",
        { type: "button", "aria-label": "Stop editing", onclick: () => this.edit("", null) },
        icon("close"),
      ),
    );
    return this.write(text);
  }

  /** Show a sentence about what went wrong; an empty one takes it away. */
  refuse(sentence) {
    this.wrong.hidden = !sentence;
    this.wrong.textContent = sentence;
  }

  async #submit(send) {
    const text = this.box.value.trim();
    if ((!text && (this.editing || !this.files.files.length)) || this.sending) return;
    this.sending = true;
    this.node.classList.add("sending");
    this.refuse("");
    try {
      if (this.editing) {
        await this.editing(text);
        return this.edit("", null);
      }
      await send(text, await this.files.read());
      this.files.clear();
      if (this.box.value.trim() === text) this.write("", { focus: document.activeElement === this.box });
    } catch (error) {
      this.refuse(error.message);
    } finally {
      this.sending = false;
      this.node.classList.remove("sending");
    }
  }

  #enable() {
    this.button.disabled = !this.box.value.trim() && (this.editing || !this.files.files.length);
  }

  #changed({ quiet = false } = {}) {
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight, 132)}px`;
    this.#enable();
    const pin = this.pinOf(this.box.value);
    this.preview.hidden = !pin;
    if (pin) fill(this.preview, picture(pin.picture, "", ""), h("span", {}, pin.title));
    this.refuse("");
    if (quiet) return this.#offer([]);
    const asked = this.box.value;
    Promise.resolve(this.suggest(asked)).then((found) => {
      if (this.box.value === asked) this.#offer(found ?? []);
    });
  }

  #offer(found) {
    this.list.hidden = !found.length;
    fill(
      this.list,
      found.map((one, at) =>
        h(
          "li",
          {
            role: "option",
            "aria-selected": String(at === 0),
            onmousedown: (event) => (event.preventDefault(), this.#take(one.text)),
            data: { text: one.text },
          },
          h("b", {}, one.name),
          h("span", {}, one.about ?? ""),
        ),
      ),
    );
  }

  #take(text) {
    this.write(text);
    this.#changed();
  }

  #key(event) {
    const options = [...this.list.children];
    const at = options.findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (!this.list.hidden && options.length) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        const next = (at + (event.key === "ArrowDown" ? 1 : options.length - 1)) % options.length;
        options.forEach((one, place) => one.setAttribute("aria-selected", String(place === next)));
        options[next].scrollIntoView({ block: "nearest" });
        return;
      }
      if (event.key === "Tab" && !event.shiftKey) {
        event.preventDefault();
        this.#take(options[Math.max(at, 0)].dataset.text);
        return;
      }
      if (event.key === "Escape") {
        this.#offer([]);
        return;
      }
    }
    if (event.key === "Escape" && this.editing) {
      this.edit("", null);
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.node.requestSubmit();
    }
  }
}
