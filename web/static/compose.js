// A new conversation: a pin, the people to show it to, a few words.

import { newKey, post } from "./api.js";
import { Uploads, chooser, takeDrops, takePasted } from "./attached.js";
import { h, icon, iconButton } from "./dom.js";
import { PeoplePicker, PinPicker } from "./pickers.js";
import { marksHelp } from "./words.js";

export class Compose {
  /** `started(thread)` is called with the new thread. */
  constructor({ started, back }) {
    this.started = started;
    this.key = newKey();
    this.pins = new PinPicker({ chosen: (pin) => this.#changed(pin) });
    this.people = new PeoplePicker({ changed: () => this.#changed() });
    this.words = h("textarea", { id: "first-words", rows: "3", maxlength: "40000", dir: "auto", placeholder: "What do you want to say about it?" });
    this.words.addEventListener("input", () => this.#changed());
    this.words.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) this.form.requestSubmit();
    });
    this.words.addEventListener("paste", (event) => takePasted(event, (files) => this.#attach(files)));
    this.uploads = new Uploads({ changed: () => this.#changed() });
    this.uploads.node.addEventListener("input", () => this.#changed());
    const { input, button } = chooser((files) => this.#attach(files));
    this.problem = h("p", { class: "wrong", role: "alert", hidden: true });
    this.send = h("button", { class: "button", disabled: true }, icon("send"), "Send the pin");
    this.form = h(
      "form",
      { class: "scroll sheet", onsubmit: (event) => this.#submit(event) },
      h("fieldset", {}, h("legend", {}, "The pin"), this.pins.node),
      h("fieldset", {}, this.people.node),
      h("fieldset", {}, h("label", { for: "first-words" }, "Words"), this.words, h("div", { class: "below" }, button, input, marksHelp())),
      this.uploads.node,
      this.problem,
      h("div", { class: "actions" }, this.send),
    );
    this.node = h(
      "section",
      { class: "compose", "aria-label": "New conversation" },
      h("header", { class: "bar" }, iconButton("back", "Back to the conversations", back, { class: "round back" }), h("h2", { tabindex: "-1" }, "New conversation")),
      this.form,
    );
    this.node.append(takeDrops(this.node, (files) => this.#attach(files)));
  }

  focus() {
    if (this.pins.pin) this.people.field.focus();
    else this.pins.focus();
  }

  get empty() {
    return !this.pins.pin && !this.people.people.length && !this.words.value && this.uploads.empty;
  }

  #attach(files) {
    const sentence = this.uploads.add(files);
    this.problem.textContent = sentence;
    this.problem.hidden = !sentence;
  }

  /** Called with a pin when one has just been chosen or taken away. */
  #changed(pin) {
    // Another body is another message, so it gets another key.
    this.key = newKey();
    this.problem.hidden = true;
    this.send.disabled = !this.pins.pin || !this.people.people.length || !this.uploads.ready;
    if (pin && this.node.isConnected && !this.people.people.length) this.people.field.focus();
  }

  async #submit(event) {
    event.preventDefault();
    if (this.send.disabled) return;
    this.send.disabled = true;
    try {
      const files = this.uploads.sent;
      const body = { to: this.people.handles, pin: this.pins.pin.url, text: this.words.value, markup: "markdown", files };
      const { thread } = await post("/api/threads", body, this.key);
      this.started(thread);
    } catch (problem) {
      this.problem.textContent = problem.message;
      this.problem.hidden = false;
      this.send.disabled = false;
    }
  }
}
