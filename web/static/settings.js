// What somebody chooses for themselves: notifications, whom they follow and block, their data.

import { change, get, post } from "./api.js";
import { fill, h, icon, iconButton } from "./dom.js";
import { avatar } from "./look.js";

export class Settings {
  constructor({ me, back }) {
    this.me = me;
    this.room = h("div", { class: "scroll sheet" });
    this.node = h(
      "section",
      { class: "thread settings", "aria-label": "Settings" },
      h("header", { class: "bar" }, iconButton("back", "Back to the conversations", back, { class: "round back" }), h("h2", { tabindex: "-1" }, "Settings")),
      this.room,
    );
  }

  async refresh() {
    try {
      const [told, follows, blocked, brands] = await Promise.all([get("/api/me/notifications"), get("/api/follows"), get("/api/blocked"), get("/api/brands")]);
      fill(this.room, this.#told(told), this.#follows(follows.people, brands.people), this.#blocked(blocked.people), this.#data());
    } catch (problem) {
      fill(this.room, h("p", { class: "note", role: "alert" }, problem.message));
    }
  }

  #told(told) {
    const wrong = h("p", { class: "wrong", role: "alert", hidden: true });
    const saved = h("p", { class: "hint", role: "status" });
    const notify = h("select", { id: "notify" }, [["all", "Every message"], ["mentions", "Only when I am mentioned"], ["none", "Nothing"]].map(([value, label]) => h("option", { value, selected: value === told.notify }, label)));
    const from = h("input", { type: "time", id: "quiet-from", value: told.quiet_from });
    const to = h("input", { type: "time", id: "quiet-to", value: told.quiet_to });
    const zone = told.quiet_from ? told.zone : Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
    const save = async (event) => {
      event.preventDefault();
      wrong.hidden = true;
      try {
        await change("PUT", "/api/me/notifications", { notify: notify.value, quiet_from: from.value, quiet_to: to.value, zone });
        saved.textContent = "Saved.";
      } catch (problem) {
        wrong.textContent = problem.message;
        wrong.hidden = false;
      }
    };
    return h(
      "form",
      { onsubmit: save, oninput: () => (saved.textContent = "") },
      h("h3", {}, "What I am told"),
      h("label", { for: "notify" }, "Pings in Slack and Discord"),
      notify,
      h("p", { class: "hint" }, `Quiet hours (${zone}): messages still arrive, pings wait.`),
      h("div", { class: "quiet" }, h("label", { for: "quiet-from" }, "from"), from, h("label", { for: "quiet-to" }, "to"), to),
      wrong,
      h("div", { class: "actions" }, saved, h("button", { class: "button" }, icon("check"), "Save")),
    );
  }

  #follows(follows, brands) {
    const known = new Set(follows.map((person) => person.handle));
    const others = brands.filter((brand) => !known.has(brand.handle) && brand.handle !== this.me.handle);
    return h(
      "fieldset",
      {},
      h("h3", {}, "Whom I follow"),
      follows.length ? null : h("p", { class: "hint" }, "Nobody yet. A brand answers those who follow it."),
      h("ul", { class: "people" }, follows.map((person) => this.#row(person, "follow", "DELETE", "Unfollow")), others.map((person) => this.#row(person, "follow", "PUT", "Follow"))),
    );
  }

  #blocked(blocked) {
    if (!blocked.length) return null;
    return h("fieldset", {}, h("h3", {}, "Whom I have blocked"), h("ul", { class: "people" }, blocked.map((person) => this.#row(person, "block", "DELETE", "Unblock"))));
  }

  #row(person, act, method, label) {
    const press = async (event) => {
      event.target.disabled = true;
      try {
        await change(method, `/api/people/${encodeURIComponent(person.handle)}/${act}`);
        await this.refresh();
      } catch (problem) {
        event.target.disabled = false;
        event.target.after(h("span", { class: "wrong", role: "alert" }, problem.message));
      }
    };
    return h(
      "li",
      {},
      avatar(person, "small"),
      person.kind === "brand" ? h("a", { href: `/b/${person.handle}` }, h("bdi", {}, person.name)) : h("bdi", {}, person.name),
      h("small", {}, `@${person.handle}`),
      h("button", { type: "button", class: "plain", onclick: press }, label),
    );
  }

  #data() {
    const told = h("p", { class: "hint", role: "status" });
    const take = async (event) => {
      event.target.disabled = true;
      told.textContent = "Collecting\u2026";
      try {
        const { name, url } = await post("/api/me/export");
        fill(told, h("a", { href: url, download: name }, `Download ${name}`), " It stays here for a day.");
      } catch (problem) {
        told.textContent = problem.message;
      }
      event.target.disabled = false;
    };
    return h(
      "fieldset",
      {},
      h("h3", {}, "My data"),
      h("p", { class: "hint" }, "All that you can read here, as a page and as JSON."),
      h("div", { class: "actions" }, told, h("button", { type: "button", class: "plain", onclick: take }, "Export"), h("button", { type: "button", class: "plain wrong", onclick: () => this.#goodbye() }, "Leave for good")),
    );
  }

  #goodbye() {
    const wrong = h("p", { class: "wrong", role: "alert", hidden: true });
    const sure = h("input", { type: "text", "aria-label": "Your handle", autocomplete: "off", placeholder: `@${this.me.handle}` });
    const go = async (event) => {
      event.preventDefault();
      try {
        await post("/api/me/forget", { handle: sure.value });
        location.assign("/");
      } catch (problem) {
        wrong.textContent = problem.message;
        wrong.hidden = false;
      }
    };
    const dialog = h(
      "dialog",
      { "aria-label": "Leave for good" },
      h(
        "form",
        { onsubmit: go },
        h("h3", {}, "Leave for good?"),
        h("p", {}, "Your messages are erased here, and deleted in Slack and Discord wherever they let us. What others wrote stays. This cannot be undone. Type your handle to be sure."),
        sure,
        wrong,
        h("div", { class: "actions" }, h("button", { type: "button", class: "plain", onclick: () => dialog.close() }, "Cancel"), h("button", { class: "button danger" }, "Erase everything of mine")),
      ),
    );
    dialog.addEventListener("close", () => dialog.remove());
    this.node.append(dialog);
    dialog.showModal();
  }
}
