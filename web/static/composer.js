// Where one writes into a thread: words, files, a pin; an answer to a message; a change of one.

import { Uploads, chooser, takePasted } from "./attached.js";
import { fill, h, icon, iconButton } from "./dom.js";
import { pinPicture, pinTitle } from "./look.js";
import { PinPicker } from "./pickers.js";
import { marksHelp } from "./words.js";

export class Composer {
  /** `send({text, pin, files, answers})` takes what was written, `save(line, text)` a changed text. */
  constructor({ send, save, last, notes = false }) {
    this.sendOn = send;
    this.save = save;
    this.last = last;
    this.pin = null;
    this.answers = null;
    this.editing = null;
    this.kept = "";
    this.words = h("textarea", { rows: "1", maxlength: "40000", dir: "auto", "aria-label": "Message", placeholder: "Write a message", enterkeyhint: "send" });
    this.words.addEventListener("input", () => this.#draw());
    this.words.addEventListener("keydown", (event) => this.#key(event));
    this.words.addEventListener("paste", (event) => this.#pasted(event));
    this.attached = h("div", { class: "attached", hidden: true });
    this.drawer = h("div", { class: "drawer", hidden: true });
    this.about = h("div", { class: "about-line", hidden: true });
    this.wrong = h("p", { class: "wrong", role: "alert", hidden: true });
    this.uploads = new Uploads({ changed: () => this.#draw() });
    const { input, button } = chooser((files) => this.attach(files));
    this.files = button;
    this.help = marksHelp({ hidden: true });
    this.clip = iconButton("pin", "Add a pin", () => this.#toggle(), { "aria-expanded": "false" });
    this.note = h("input", { type: "checkbox", onchange: () => this.#draw() });
    this.asNote = notes ? h("label", { class: "as-note", title: "Only colleagues see it" }, this.note, "Note") : null;
    this.go = h("button", { class: "round send", "aria-label": "Send", title: "Send", disabled: true }, icon("send"));
    this.node = h(
      "form",
      {
        class: "composer",
        onsubmit: (event) => {
          event.preventDefault();
          this.#send();
        },
      },
      this.drawer,
      this.about,
      this.attached,
      this.uploads.node,
      this.wrong,
      h("div", { class: "line" }, h("span", { class: "adds" }, this.clip, this.files), input, this.words, this.asNote, this.go),
      this.help,
    );
  }

  /** Puts back what could not be sent. */
  restore({ text, pin, files, answered }) {
    if (!this.words.value) this.words.value = text;
    this.uploads.restore(files);
    if (answered && !this.answers) this.answer(answered);
    this.#attach(this.pin ?? pin);
    this.words.focus();
  }

  /** Files that were chosen, dropped or pasted. */
  attach(files) {
    if (this.editing) this.#done();
    this.#say(this.uploads.add(files));
    this.words.focus();
  }

  /** The next message answers this line. */
  answer(line) {
    if (this.editing) this.#done();
    this.answers = line;
    this.#drawAbout();
    this.words.focus();
  }

  /** What is written is a change of this line. */
  edit(line) {
    if (!this.editing) this.kept = this.words.value;
    this.answers = null;
    this.editing = line;
    this.words.value = line.markdown;
    this.#toggle(false);
    this.#drawAbout();
    this.words.focus();
    this.words.setSelectionRange(line.markdown.length, line.markdown.length);
  }

  get empty() {
    return !this.words.value.trim() && !this.pin && this.uploads.empty;
  }

  focus() {
    this.words.focus({ preventScroll: true });
  }

  #key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "Escape" && !this.drawer.hidden) {
      this.#toggle(false);
    } else if (event.key === "Escape" && (this.editing || this.answers)) {
      this.#done();
    } else if (event.key === "ArrowUp" && this.empty && !this.editing) {
      const line = this.last();
      if (!line) return;
      event.preventDefault();
      this.edit(line);
    }
  }

  /** Ends an answer or a change without sending it. */
  #done() {
    if (this.editing) this.words.value = this.kept;
    this.kept = "";
    this.editing = this.answers = null;
    this.#drawAbout();
  }

  #drawAbout() {
    const line = this.editing ?? this.answers;
    this.about.hidden = !line;
    this.node.classList.toggle("editing", Boolean(this.editing));
    const words = line && (line.text || line.files[0]?.name || (line.pin ? pinTitle(line.pin) : ""));
    fill(
      this.about,
      line
        ? [
            icon(this.editing ? "edit" : "answer"),
            h("span", { dir: "auto" }, h("b", {}, this.editing ? "Editing" : `Replying to ${line.author.name}`), " ", words),
            iconButton("close", this.editing ? "Stop editing" : "Do not reply", () => (this.#done(), this.words.focus()), { class: "round less" }),
          ]
        : [],
    );
    this.files.hidden = this.clip.hidden = Boolean(this.editing);
    this.#draw();
  }

  #say(sentence) {
    this.wrong.textContent = sentence;
    this.wrong.hidden = !sentence;
  }

  /** Pasted files are added; a pasted pin address becomes the pin itself. */
  #pasted(event) {
    if (takePasted(event, (files) => this.attach(files)) || this.editing) return;
    const text = event.clipboardData?.getData("text").trim() ?? "";
    if (this.pin || !/^https:\/\/(pin\.it|([a-z0-9-]+\.)*pinterest\.[a-z.]+\/pin)\/\S+$/i.test(text)) return;
    event.preventDefault();
    this.#toggle(true);
    this.picker.field.value = text;
    this.picker.look(text);
  }

  #send() {
    if (this.go.disabled) return;
    const text = this.words.value.trim();
    if (this.editing) return this.#saveOn(this.editing, text);
    const answered = this.answers;
    this.answers = null;
    this.words.value = "";
    this.sendOn({ text, pin: this.pin, files: this.uploads.take(), answered, note: this.note.checked });
    this.#say("");
    this.#attach(null);
    this.#drawAbout();
    this.#toggle(false);
    this.words.focus();
  }

  async #saveOn(line, text) {
    this.go.disabled = true;
    try {
      if (text !== line.markdown.trim()) await this.save(line, text);
      if (this.editing === line) this.#done();
      this.#say("");
    } catch (problem) {
      this.#say(problem.message);
      this.#draw();
    }
    this.words.focus();
  }

  #toggle(open = this.drawer.hidden) {
    this.drawer.hidden = !open;
    this.clip.setAttribute("aria-expanded", String(open));
    if (!open) return;
    this.picker = new PinPicker({
      chosen: (pin) => {
        if (!pin) return;
        this.#attach(pin);
        this.#toggle(false);
        this.words.focus();
      },
    });
    fill(this.drawer, this.picker.node);
    this.picker.focus();
  }

  #attach(pin) {
    this.pin = pin;
    this.attached.hidden = !pin;
    fill(
      this.attached,
      pin
        ? [pinPicture(pin, "tile small"), h("span", { dir: "auto" }, pinTitle(pin)), iconButton("close", "Do not send this pin", () => this.#attach(null))]
        : [],
    );
    this.#draw();
  }

  #draw() {
    const waits = !this.editing && !this.uploads.ready;
    this.node.classList.toggle("noting", this.note.checked);
    this.words.placeholder = this.note.checked ? "Write a note for colleagues" : "Write a message";
    this.go.disabled = waits || (this.editing ? !this.words.value.trim() && !this.editing.pin && !this.editing.files.length : this.empty);
    this.go.title = waits ? "The files are not there yet" : this.editing ? "Save" : "Send";
    this.go.setAttribute("aria-label", this.editing ? "Save" : "Send");
    this.help.hidden = !this.words.value.trim();
    this.words.style.height = "auto";
    this.words.style.height = `${Math.min(this.words.scrollHeight, 160)}px`;
  }
}
