// One thread: the pin as its head, what was said, and where to write.

import { change, get, newKey, post } from "./api.js";
import { takeDrops } from "./attached.js";
import { Composer } from "./composer.js";
import { fill, h, icon, iconButton, latest } from "./dom.js";
import { Lines } from "./lines.js";
import { faces, listed, pinHead, pinPicture, pinTitle } from "./look.js";
import { PeoplePicker } from "./pickers.js";
import { Places } from "./places.js";
import { Standing } from "./standing.js";

export class Thread {
  /** `back` shows the list; `live()` says whether the stream is up. */
  constructor({ id, me, back, live }) {
    this.id = id;
    this.me = me;
    this.back = back;
    this.live = live;
    this.older = null;
    this.view = null;
    this.meanwhile = null; // what the stream brought while the thread is being read
    this.lines = new Lines({
      me,
      acts: {
        retry: (line) => this.#deliver(line),
        drop: (line) => this.#takeBack(line),
        again: (line) => this.#again(line),
        react: (line, emoji, on) => this.#react(line, emoji, on),
        answer: (line) => this.composer.answer(line),
        edit: (line) => this.composer.edit(line),
        remove: (line) => this.#remove(line),
      },
    });
    this.composer = new Composer({
      notes: me.kind === "brand",
      send: (what) => this.#send(what),
      save: (line, text) => this.#change(line, "PATCH", "", { text, markup: "markdown" }),
      last: () => this.lines.newestOfMine,
    });
    this.standing = new Standing({ id, me, back, act: (call) => this.#quickly(async () => this.#shown(await call())) });
    this.places = new Places({ id, act: (call) => this.#quickly(call) });
    this.broken = h("p", { class: "lost broken", role: "status", hidden: true });
    this.trouble = h("p", { class: "trouble", role: "alert", hidden: true });
    this.mini = h("span", { class: "mini", "aria-hidden": "true" });
    this.titles = h("div", { class: "titles" });
    this.actions = h("div", { class: "acts" });
    this.head = h("div", {});
    this.more = h("p", { class: "note more", hidden: true }, "Earlier messages\u2026");
    this.room = h("div", { class: "scroll talk", tabindex: "0", role: "region", "aria-label": "Conversation" }, this.head, this.more, this.lines.node);
    this.node = h(
      "section",
      { class: "thread", "aria-label": "Thread" },
      h("header", { class: "bar" }, iconButton("back", "Back to the conversations", back, { class: "round back" }), this.mini, this.titles, this.actions),
      this.standing.node,
      this.places.node,
      this.broken,
      this.room,
      this.trouble,
      this.composer.node,
    );
    this.node.append(takeDrops(this.node, (files) => this.composer.attach(files), () => !this.composer.node.hidden));
    this.refresh = latest(() => this.#read());
    this.#watch();
  }

  /** Reads the thread and its newest page. What the stream brings meanwhile may be newer: it comes after. */
  async #read() {
    this.meanwhile = [];
    try {
      const [view, page] = await Promise.all([get(`/api/threads/${this.id}`), get(`/api/threads/${this.id}/messages`)]);
      this.show(view);
      const known = new Set(this.lines.lines.map((line) => line.cursor));
      const joins = page.lines.some((line) => known.has(line.cursor));
      this.#keepingPlace(() => {
        if (joins) return this.lines.join(page.lines);
        this.lines.replace(page.lines);
        this.older = page.older;
        this.more.hidden = !this.older;
      });
      if (!known.size) this.#toEnd();
    } catch (problem) {
      if (!this.view) fill(this.head, h("p", { class: "note", role: "alert" }, problem.message));
    } finally {
      const heard = this.meanwhile;
      this.meanwhile = null;
      heard.forEach(([name, data]) => this.heard(name, data));
    }
  }

  /** The thread as it now is: its pin, its people. */
  show(view) {
    const same = this.view && JSON.stringify(this.view.pin) === JSON.stringify(view.pin);
    this.view = view;
    const others = view.people.filter((person) => person.handle !== this.me.handle);
    const isIn = others.length < view.people.length;
    fill(
      this.titles,
      h("h2", { tabindex: "-1", dir: "auto" }, pinTitle(view.pin)),
      h("p", { class: "with" }, faces(others, "tiny"), h("bdi", {}, listed(others))),
    );
    if (!same) {
      fill(this.mini, pinPicture(view.pin, "tile"));
      fill(this.head, pinHead(view.pin));
    }
    fill(this.actions, isIn ? [others.some((person) => person.kind === "brand") ? null : iconButton("people", "Add people", () => this.#addPeople()), iconButton("leave", "Leave", () => this.#leave()), this.standing.menu(view)] : []);
    this.standing.show(view);
    const broken = view.mirrors.filter((mirror) => mirror.state === "broken");
    this.broken.hidden = !broken.length;
    fill(this.broken, broken.map((mirror) => h("span", {}, h("b", {}, `Not shown in ${mirror.platform === "slack" ? "Slack" : "Discord"}.`), " ", mirror.reason ?? "")));
    this.composer.node.hidden = this.lines.closed = !isIn;
    this.places.refresh(isIn);
  }

  #shown(view) {
    if (view) this.show(view);
  }

  /** An event of the stream about this thread. */
  heard(name, data) {
    if (this.meanwhile) {
      this.meanwhile.push([name, data]);
    } else if (name === "message") {
      const mine = data.line.author.handle === this.me.handle;
      this.#keepingPlace(() => this.lines.merge([data.line]), mine);
    } else if (name === "change") {
      this.#keepingPlace(() => this.lines.change(data.line));
    } else if (name === "delivery") {
      this.#keepingPlace(() => this.lines.deliver(data.messages));
    } else if (name === "thread" && data.thread) {
      this.show(data.thread);
    }
  }

  #send({ text, pin, files, answered, note = false }) {
    const said = answered ? `${answered.author.name}: ${answered.text || answered.files[0]?.name || ""}` : "";
    const shown = files.map((file) => ({ ...file, url: file.preview || file.url }));
    const line = { kind: "message", author: this.me, at: new Date().toISOString(), text, pin, files: shown, sent: files, answered, answers: said, message: null, key: newKey(), problem: null, deliveries: [], note };
    this.lines.send(line);
    this.#toEnd();
    this.#deliver(line);
  }

  async #deliver(line) {
    line.problem = null;
    this.lines.settle(line);
    const body = {
      text: line.text,
      markup: "markdown",
      pin: line.pin?.url ?? null,
      files: line.sent.map(({ ticket, alt }) => ({ ticket, alt })),
      answers: line.answered?.message ?? null,
      note: Boolean(line.note),
    };
    try {
      const { line: sent } = await post(`/api/threads/${this.id}/messages`, body, line.key);
      line.message = sent.message;
      // While the stream is up it brings the line, in its place among the others.
      if (!this.live() || this.lines.lines.some((each) => each.cursor === sent.cursor)) this.#keepingPlace(() => this.lines.merge([sent]), true);
    } catch (problem) {
      line.problem = problem;
      this.lines.settle(line);
      this.#toEnd();
    }
  }

  /** Changes a message and shows it as it then is. */
  async #change(line, method, more = "", body = undefined) {
    const { line: now } = await change(method, `/api/threads/${this.id}/messages/${line.message}${more}`, body);
    this.#keepingPlace(() => this.lines.change(now));
  }

  #react(line, emoji, on) {
    return this.#quickly(() => this.#change(line, on ? "PUT" : "DELETE", `/reactions/${encodeURIComponent(emoji)}`));
  }

  /** Tries once more wherever it was not delivered. The stream tells what becomes of it. */
  #again(line) {
    return this.#quickly(() => change("POST", `/api/threads/${this.id}/messages/${line.message}/retry`));
  }

  /** A change with no form of its own: what is wrong with it shows for a moment. */
  async #quickly(act) {
    try {
      await act();
      this.trouble.hidden = true;
    } catch (problem) {
      this.trouble.textContent = problem.message;
      this.trouble.hidden = false;
      clearTimeout(this.calming);
      this.calming = setTimeout(() => (this.trouble.hidden = true), 6000);
    }
  }

  #remove(line) {
    const wrong = h("p", { class: "wrong", role: "alert", hidden: true });
    const words = line.text ? h("blockquote", { dir: "auto" }, line.text.length > 140 ? `${line.text.slice(0, 139)}\u2026` : line.text) : null;
    const content = [words, h("p", {}, "It disappears here and everywhere it was delivered to."), wrong];
    this.#ask("Delete this message?", content, h("button", { class: "button danger" }, icon("bin"), "Delete"), wrong, () => this.#change(line, "DELETE"));
  }

  #takeBack(line) {
    this.lines.forget(line);
    this.composer.restore({ ...line, files: line.sent });
  }

  async #older() {
    const cursor = this.older;
    this.older = null;
    try {
      const page = await get(`/api/threads/${this.id}/messages`, { before: cursor });
      const fromEnd = this.room.scrollHeight - this.room.scrollTop;
      this.lines.merge(page.lines, { before: true });
      this.older = page.older;
      this.more.hidden = !this.older;
      this.room.scrollTop = this.room.scrollHeight - fromEnd;
    } catch {
      this.older = cursor;
    }
  }

  #watch() {
    const seen = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && this.older && this.#older(), { root: this.room, rootMargin: "200px" });
    seen.observe(this.more);
    const shrunk = new IntersectionObserver(([entry]) => this.node.classList.toggle("past-head", !entry.isIntersecting), { root: this.room });
    shrunk.observe(this.head);
    // Pictures that load late must not push the newest words out of sight.
    const grown = new ResizeObserver(() => this.atEnd && this.#toEnd());
    grown.observe(this.lines.node);
    grown.observe(this.room);
    this.atEnd = true;
    this.room.addEventListener("scroll", () => (this.atEnd = this.#nearEnd()), { passive: true });
  }

  #nearEnd() {
    return this.room.scrollHeight - this.room.scrollTop - this.room.clientHeight < 80;
  }

  #keepingPlace(change, toEnd = false) {
    const follow = toEnd || this.atEnd;
    change();
    if (follow) this.#toEnd();
  }

  #toEnd() {
    this.atEnd = true;
    this.room.scrollTop = this.room.scrollHeight;
  }

  #addPeople() {
    const picker = new PeoplePicker({ changed: () => (add.disabled = !picker.people.length), without: this.view.people.map((person) => person.handle), label: "Who joins?" });
    const wrong = h("p", { class: "wrong", role: "alert", hidden: true });
    const add = h("button", { class: "button", disabled: true }, icon("people"), "Add");
    this.#ask("Add people", [h("p", {}, "They see what is said from now on."), picker.node, wrong], add, wrong, () =>
      post(`/api/threads/${this.id}/people`, { add: picker.handles }).then((view) => this.show(view)),
    );
    picker.field.focus();
  }

  #leave() {
    const wrong = h("p", { class: "wrong", role: "alert", hidden: true });
    const words = h("p", {}, `You leave the conversation with ${listed(this.view.people.filter((person) => person.handle !== this.me.handle))}, with all its pins. Somebody in it can add you again.`);
    this.#ask("Leave this conversation?", [words, wrong], h("button", { class: "button" }, "Leave"), wrong, () => post(`/api/threads/${this.id}/leave`).then(() => this.back()));
  }

  #ask(title, content, confirm, wrong, act) {
    const dialog = h("dialog", { "aria-label": title });
    const submit = async (event) => {
      event.preventDefault();
      confirm.disabled = true;
      try {
        await act();
        dialog.close();
      } catch (problem) {
        wrong.textContent = problem.message;
        wrong.hidden = false;
        confirm.disabled = false;
      }
    };
    dialog.append(
      h("form", { onsubmit: submit }, h("h3", {}, title), content, h("div", { class: "actions" }, h("button", { type: "button", class: "plain", onclick: () => dialog.close() }, "Cancel"), confirm)),
    );
    dialog.addEventListener("close", () => dialog.remove());
    this.node.append(dialog);
    dialog.showModal();
  }
}
