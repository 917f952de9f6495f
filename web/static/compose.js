// A new conversation: a pin, the people to show it to, a few words.

import { newKey, post } from "./api.js";
import { h, icon, iconButton } from "./dom.js";
import { PeoplePicker, PinPicker } from "./pickers.js";

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
    this.problem = h("p", { class: "wrong", role: "alert", hidden: true });
    this.send = h("button", { class: "button", disabled: true }, icon("send"), "Send the pin");
    this.form = h(
      "form",
      { class: "scroll sheet", onsubmit: (event) => this.#submit(event) },
      h("fieldset", {}, h("legend", {}, "The pin"), this.pins.node),
      h("fieldset", {}, this.people.node),
      h("fieldset", {}, h("label", { for: "first-words" }, "Words"), this.words),
      this.problem,
      h("div", { class: "actions" }, this.send),
    );
    this.node = h(
      "section",
      { class: "compose", "aria-label": "New conversation" },
      h("header", { class: "bar" }, iconButton("back", "Back to the conversations", back, { class: "round back" }), h("h2", { tabindex: "-1" }, "New conversation")),
      this.form,
    );
  }

  focus() {
    if (this.pins.pin) this.people.field.focus();
    else this.pins.focus();
  }

  get empty() {
    return !this.pins.pin && !this.people.people.length && !this.words.value;
  }

  /** Called with a pin when one has just been chosen or taken away. */
  #changed(pin) {
    // Another body is another message, so it gets another key.
    this.key = newKey();
    this.problem.hidden = true;
    this.send.disabled = !this.pins.pin || !this.people.people.length;
    if (pin && this.node.isConnected && !this.people.people.length) this.people.field.focus();
  }

  async #submit(event) {
    event.preventDefault();
    if (this.send.disabled) return;
    this.send.disabled = true;
    try {
      const body = { to: this.people.handles, pin: this.pins.pin.url, text: this.words.value };
      const { thread } = await post("/api/threads", body, this.key);
      this.started(thread);
    } catch (problem) {
      this.problem.textContent = problem.message;
      this.problem.hidden = false;
      this.send.disabled = false;
    }
  }
}
