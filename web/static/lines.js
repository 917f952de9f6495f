// The lines of a thread as elements: days, notices, bubbles, and what is still being sent.

import { fileNodes } from "./attached.js";
import { fill, h, icon, linked } from "./dom.js";
import { avatar, clock, day, full, named, pinCard, strip } from "./look.js";
import { chooseEmoji, reactions, tools } from "./reactions.js";
import { formatted } from "./words.js";

const TOGETHER = 5 * 60_000;
/** What is said, whatever marks it was typed with. */
const letters = (text) => text.replace(/[^\p{L}\p{N}]/gu, "");

/** Keeps the lines in order and draws each once; later news of a line changes its own element. */
export class Lines {
  /** `acts`: what can be done with a line: `retry`, `drop`, `again`, `react`, `answer`, `edit`, `remove`. */
  constructor({ me, acts }) {
    this.me = me;
    this.acts = acts;
    this.closed = false;
    this.lines = [];
    this.pending = [];
    this.nodes = new Map();
    this.node = h("ol", { class: "lines-log", role: "log", "aria-live": "polite", "aria-relevant": "additions", "aria-label": "Messages" });
  }

  /** Lines of a page, oldest first: known ones are replaced, new ones go to that end. */
  merge(lines, { before = false } = {}) {
    const known = new Map(this.lines.map((line, at) => [line.cursor, at]));
    const fresh = [];
    for (const line of lines) {
      if (known.has(line.cursor)) this.lines[known.get(line.cursor)] = line;
      else fresh.push(line);
      this.nodes.delete(line.cursor);
      this.#arrived(line);
    }
    this.lines = before ? [...fresh, ...this.lines] : [...this.lines, ...fresh];
    this.draw();
  }

  /** The newest page, which overlaps with what is here: lines that were missed go to their place. */
  join(page) {
    const there = new Set(page.map((line) => line.cursor));
    const at = this.lines.findIndex((line) => there.has(line.cursor));
    const later = this.lines.slice(at).filter((line) => !there.has(line.cursor));
    this.lines = [...this.lines.slice(0, at), ...page, ...later];
    this.merge(page);
  }

  /** Starts over with one page, where too much has been missed to join it on. */
  replace(lines) {
    this.lines = [];
    this.nodes.clear();
    this.merge(lines);
  }

  /** A line that was there already is now so; others are not drawn anew. */
  change(line) {
    const at = this.lines.findIndex((each) => each.cursor === line.cursor);
    if (at < 0) return;
    this.lines[at] = line;
    const focused = this.nodes.get(line.cursor)?.contains(document.activeElement);
    this.nodes.delete(line.cursor);
    this.draw();
    if (focused) this.nodes.get(line.cursor)?.querySelector(".tool, .reaction")?.focus({ preventScroll: true });
  }

  /** One's own newest message that can still be changed. */
  get newestOfMine() {
    return this.lines.findLast((line) => line.kind === "message" && line.author.handle === this.me.handle && !line.deleted && line.text);
  }

  deliver(messages) {
    const changed = new Map(messages.map((each) => [each.message, each.deliveries]));
    this.lines.forEach((line, at) => {
      if (!changed.has(line.message)) return;
      const now = { ...line, deliveries: changed.get(line.message) };
      this.lines[at] = now;
      const old = this.nodes.get(line.cursor)?.querySelector(".foot");
      if (old) fill(old, this.#foot(now));
    });
  }

  send(pending) {
    this.pending.push(pending);
    this.draw();
  }

  /** A pending line changed: it failed, is tried again, or was answered. */
  settle(pending) {
    this.nodes.delete(pending);
    this.draw();
  }

  forget(pending) {
    this.pending = this.pending.filter((each) => each !== pending);
    this.nodes.delete(pending);
    this.draw();
  }

  /** The stream may bring a line before the answer to its sending does. */
  #arrived(line) {
    if (line.kind !== "message" || line.author.handle !== this.me.handle) return;
    const sent = this.pending.find((each) =>
      each.message ? each.message === line.message : !each.problem && letters(each.text) === letters(line.text) && each.pin?.id === line.pin?.id && each.files.length === line.files.length,
    );
    if (sent) {
      this.pending = this.pending.filter((each) => each !== sent);
      this.nodes.delete(sent);
    }
  }

  draw() {
    const wanted = [];
    let last = null;
    for (const line of [...this.lines, ...this.pending]) {
      if (line.kind === "card") continue;
      const key = line.cursor ?? line;
      const newDay = !last || day(last.at) !== day(line.at);
      const joined = !newDay && last.kind === "message" && line.kind === "message" && last.author.handle === line.author.handle && new Date(line.at) - new Date(last.at) < TOGETHER;
      if (newDay) wanted.push(this.#day(line.at));
      let node = this.nodes.get(key);
      if (!node || node.joined !== joined) {
        node = this.#line(line, joined);
        node.joined = joined;
        this.nodes.set(key, node);
      }
      wanted.push(node);
      last = line;
    }
    this.#place(wanted);
  }

  /** Moves as little as possible, so that nothing is read out twice. */
  #place(wanted) {
    const keep = new Set(wanted);
    for (const child of [...this.node.children]) if (!keep.has(child)) child.remove();
    let at = this.node.firstChild;
    for (const node of wanted) {
      if (node === at) at = at.nextSibling;
      else this.node.insertBefore(node, at);
    }
  }

  #day(at) {
    const words = day(at);
    const key = `day ${words}`;
    if (!this.nodes.has(key)) this.nodes.set(key, h("li", { class: "day" }, h("span", {}, words)));
    return this.nodes.get(key);
  }

  #line(line, joined) {
    if (line.kind === "notice") return h("li", { class: "notice" }, h("span", { dir: "auto", title: full(line.at) }, line.html ? formatted(line.html) : line.text));
    const mine = line.author.handle === this.me.handle;
    const body = this.#body(line);
    const wordless = !line.text && !line.deleted && !line.answers;
    const bare = wordless && (line.pin || line.files.some((file) => file.inline && file.media !== "audio"));
    return h(
      "li",
      { class: `said${mine ? " mine" : ""}${joined ? " joined" : ""}${bare ? " bare" : ""}${line.deleted ? " gone" : ""}${line.note ? " note-line" : ""}`, "data-message": line.message ?? null },
      mine ? null : joined ? h("span", { class: "avatar gap", "aria-hidden": "true" }) : avatar(line.author),
      h(
        "div",
        { class: "stack" },
        mine || joined ? h("span", { class: "unseen" }, line.author.name) : named(line.author, "span", { class: "name who" }),
        h("div", { class: "with-tools" }, h("div", { class: "bubble" }, body), this.#tools(line, mine)),
        reactions(line.reactions, (emoji, on) => this.acts.react(line, emoji, on)),
        h("div", { class: "foot" }, this.#foot(line)),
      ),
    );
  }

  #body(line) {
    if (line.deleted) return [h("p", { class: "tombstone" }, icon("bin"), "Message deleted")];
    const body = [];
    if (line.note) body.push(h("p", { class: "note-mark" }, "Note for colleagues"));
    if (line.answers) body.push(h("p", { class: "answers", dir: "auto" }, h("span", { class: "unseen" }, "In reply to "), line.answers));
    if (line.html) body.push(h("div", { class: "words", dir: "auto" }, formatted(line.html)));
    else if (line.text) body.push(h("div", { class: "words", dir: "auto" }, h("p", {}, linked(line.text))));
    if (line.files?.length) body.push(h("div", { class: "files" }, fileNodes(line.files)));
    if (line.pin) body.push(pinCard(line.pin));
    if (!body.length) body.push(h("p", { class: "tombstone" }, "A file that is not here"));
    return body;
  }

  #tools(line, mine) {
    if (!line.cursor || line.deleted || this.closed) return null;
    const acts = [
      ["smile", "React", (button) => chooseEmoji(button, (emoji) => this.acts.react(line, emoji, true))],
      ["answer", "Reply", () => this.acts.answer(line)],
    ];
    if (mine && line.text) acts.push(["edit", "Edit", () => this.acts.edit(line)]);
    if (mine) acts.push(["bin", "Delete", () => this.acts.remove(line)]);
    return tools(acts);
  }

  #foot(line) {
    if (line.problem) {
      return [
        h("span", { class: "wrong", role: "alert" }, line.problem.message),
        line.problem.passing ? h("button", { type: "button", class: "plain", onclick: () => this.acts.retry(line) }, "Try again") : null,
        h("button", { type: "button", class: "plain", onclick: () => this.acts.drop(line) }, line.problem.passing ? "Discard" : "Take back"),
      ].filter(Boolean);
    }
    if (!line.cursor) return [h("span", { class: "sending" }, "Sending\u2026")];
    const mine = line.author.handle === this.me.handle;
    const edited = line.edited && !line.deleted ? h("span", { class: "edited" }, "edited") : null;
    return [h("time", { datetime: line.at, title: full(line.at) }, clock(line.at)), edited, line.deleted ? null : strip(line.deliveries, mine ? () => this.acts.again(line) : null)].filter(Boolean);
  }
}
