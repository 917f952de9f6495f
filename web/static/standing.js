// How a thread stands: somebody's first words to you, and where it is in a brand's inbox.

import { change, post } from "./api.js";
import { fill, h } from "./dom.js";
import { when } from "./look.js";

const HOUR = 3_600_000;

/** A press outside of an open menu, or Escape, closes it. */
function shut(event) {
  if (event.key && event.key !== "Escape") return;
  for (const box of document.querySelectorAll("details.more-acts[open]")) {
    if (event.key || !box.contains(event.target)) box.open = false;
  }
}

document.addEventListener("pointerdown", shut);
document.addEventListener("keydown", shut);

export class Standing {
  /** `act(call)` makes a call that gives the thread as it then is, and shows what is wrong with it. */
  constructor({ id, me, act, back }) {
    this.id = id;
    this.me = me;
    this.act = act;
    this.back = back;
    this.box = null;
    this.node = h("div", { class: "standing", hidden: true });
  }

  show(view) {
    const rows = [this.#request(view), this.#desk(view)].filter(Boolean);
    this.node.hidden = !rows.length;
    fill(this.node, rows);
  }

  /** What can be done beside answering; `view` is the thread as it is. */
  menu(view) {
    const others = view.people.filter((person) => person.handle !== this.me.handle);
    const items = [[view.muted ? "Unmute" : "Mute", () => this.#call(view.muted ? "DELETE" : "PUT", "mute")], ["Report\u2026", () => this.#report()]];
    if (others.length === 1) items.push([`Block ${others[0].name}`, () => this.#block(others[0])]);
    const list = h("div", { class: "menu", role: "menu" }, items.map(([label, press]) => h("button", { type: "button", role: "menuitem", onclick: () => ((box.open = false), press()) }, label)));
    const box = h("details", { class: "more-acts" }, h("summary", { class: "round", "aria-label": "More", title: "More" }, "\u22ef"), list);
    // Drawn anew while somebody chooses, it stays open.
    box.open = this.box?.open ?? false;
    this.box = box;
    return box;
  }

  #request(view) {
    if (view.request !== "pending") return null;
    const others = view.people.filter((person) => person.handle !== this.me.handle);
    const who = others[0]?.name ?? "Somebody";
    return h(
      "div",
      { class: "request", role: "group", "aria-label": "Request" },
      h("span", {}, h("b", {}, who), " writes to you for the first time."),
      h("button", { type: "button", class: "button", onclick: () => this.#call("POST", "accept") }, "Accept"),
      h("button", { type: "button", class: "plain", onclick: () => this.#call("POST", "ignore").then(() => this.back()) }, "Ignore"),
      others.length === 1 ? h("button", { type: "button", class: "plain", onclick: () => this.#block(others[0]) }, "Block") : null,
    );
  }

  #desk(view) {
    if (!view.desk) return null;
    const { status, until, assignee } = view.desk;
    const set = (name, more = {}) => this.#call("PUT", "status", { status: name, ...more });
    const tomorrow = new Date();
    tomorrow.setDate(tomorrow.getDate() + 1);
    tomorrow.setHours(9, 0, 0, 0);
    return h(
      "div",
      { class: "desk", role: "group", "aria-label": "Inbox" },
      h("span", { class: `state ${status}` }, status === "snoozed" && until ? `snoozed until ${when(until)}` : status),
      h("span", { class: "with" }, assignee ? h("bdi", {}, `assigned to ${assignee.name}`) : "unassigned"),
      status === "open" ? null : h("button", { type: "button", class: "plain", onclick: () => set("open") }, "Open"),
      status === "open" ? h("button", { type: "button", class: "plain", onclick: () => set("snoozed", { until: new Date(Date.now() + 4 * HOUR).toISOString() }) }, "Snooze 4 h") : null,
      status === "open" ? h("button", { type: "button", class: "plain", onclick: () => set("snoozed", { until: tomorrow.toISOString() }) }, "Tomorrow") : null,
      status === "resolved" ? null : h("button", { type: "button", class: "plain", onclick: () => set("resolved") }, "Resolve"),
    );
  }

  #call(method, what, body) {
    return this.act(() => change(method, `/api/threads/${this.id}/${what}`, body));
  }

  async #block(person) {
    await this.act(() => change("PUT", `/api/people/${encodeURIComponent(person.handle)}/block`).then(() => null));
    this.back();
  }

  #report() {
    const reason = h("textarea", { rows: "3", maxlength: "1000", "aria-label": "What is wrong", placeholder: "What is wrong with it?" });
    const wrong = h("p", { class: "wrong", role: "alert", hidden: true });
    const send = async (event) => {
      event.preventDefault();
      try {
        await post(`/api/threads/${this.id}/report`, { reason: reason.value });
        dialog.close();
      } catch (problem) {
        wrong.textContent = problem.message;
        wrong.hidden = false;
      }
    };
    const dialog = h(
      "dialog",
      { "aria-label": "Report this thread" },
      h(
        "form",
        { class: "sheet", onsubmit: send },
        h("h3", {}, "Report this thread"),
        h("p", {}, "Whoever runs Pinthread sees it as it stands now. Nobody in it is told."),
        reason,
        wrong,
        h("div", { class: "actions" }, h("button", { type: "button", class: "plain", onclick: () => dialog.close() }, "Cancel"), h("button", { class: "button" }, "Report")),
      ),
    );
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    reason.focus();
  }
}
