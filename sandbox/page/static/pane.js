// The frame of a chat pane: header with its mark, who one is, power; places; list; composer.

import { fill, h, icon } from "./dom.js";
import { Power } from "./power.js";
import { get, latest } from "./control.js";

/** What Slack's and Discord's panes share; they fill `places`, `title`, `list` and `foot`. */
export class Pane {
  constructor({ platform, name, place, mark, world, deliveries }) {
    this.platform = platform;
    this.name = name;
    this.world = world;
    this.deliveries = deliveries;
    this.unread = new Set();
    this.power = new Power(platform, name);
    this.people = h("select", { "aria-label": `Who to be in ${name}` });
    this.people.addEventListener("change", () => this.become(this.people.value));
    this.places = h("nav", { class: "places", "aria-label": `Places in ${name}` });
    this.title = h("div", { class: "place-title" });
    this.list = h("div", {
      class: "list",
      role: "log",
      "aria-live": "polite",
      "aria-relevant": "additions",
      tabindex: "0",
    });
    this.scroller = h("div", { class: "scroller" }, this.list);
    this.#keepEnd();
    this.over = h("div", { class: "over", hidden: true });
    this.foot = h("div", { class: "foot" });
    this.down = h("p", { class: "down", role: "status", hidden: true });
    this.node = h(
      "section",
      { class: `pane ${platform}`, id: `pane-${platform}`, "aria-label": `${name}, ${place}` },
      h(
        "header",
        { class: "pane-head" },
        h("span", { class: "mark" }, icon(mark)),
        h("h2", {}, name, h("small", {}, place)),
        h("label", { class: "as" }, h("span", {}, "as"), this.people),
        this.power.node,
      ),
      this.down,
      h(
        "div",
        { class: "inside" },
        this.places,
        h("div", { class: "room" }, this.title, this.scroller, this.foot, this.over),
      ),
    );
    this.refresh = latest(() => this.read());
    deliveries.onChange(() => {
      this.showPower(this.power.on);
      this.draw();
    });
  }

  /** A composer that grows must not push the newest words out of sight. */
  #keepEnd() {
    const box = this.scroller;
    let height = 0;
    const sized = new ResizeObserver(() => {
      const wasAtEnd = box.scrollTop + height >= box.scrollHeight - 4;
      if (height && wasAtEnd) box.scrollTo({ top: box.scrollHeight, behavior: "instant" });
      height = box.clientHeight;
    });
    sized.observe(box);
  }

  /** Draw the power switch, the counter and, when it is off, a line that says so. */
  showPower(on) {
    const waiting = this.deliveries.waiting[this.platform] ?? 0;
    this.power.show(on, waiting);
    this.node.classList.toggle("off", !on);
    const behind = this.deliveries.behind[this.platform];
    this.down.hidden = on && !behind;
    this.down.classList.toggle("behind", on);
    if (on) this.down.textContent = behind ? `Catching up with ${this.name}: ${behind.done} of ${behind.total} threads` : "";
    else
      this.down.textContent = `${this.name} is down for Pinthread. People here go on talking; ${waiting ? `${waiting} deliveries wait` : "what is said elsewhere waits"}.`;
  }

  /** The people one can be. */
  listPeople(people) {
    fill(
      this.people,
      people.map((person) => h("option", { value: person.id }, person.name)),
    );
    this.people.value = this.user;
  }

  /** Be somebody else. */
  become(user) {
    this.user = user;
    this.people.value = user;
    this.fresh = true;
    this.drawPlaces();
    return this.refresh();
  }

  /** A button of the list of places. */
  placeButton(id, name, mark, current) {
    return h(
      "button",
      {
        type: "button",
        class: "place-button",
        "aria-current": current ? "page" : undefined,
        onclick: () => this.open(id),
      },
      icon(mark),
      h("span", {}, name),
      this.unread.has(id) && !current ? h("span", { class: "dot", "aria-label": "new" }) : null,
    );
  }

  /** What an empty place says. */
  nothing(mark, words) {
    return h(
      "div",
      { class: "empty" },
      icon(mark),
      h("p", {}, words),
      h("small", {}, "Choose a pin below to send one, or play the story."),
    );
  }

  /** Read a place of this platform from the control API. */
  place(id) {
    return get(`/_control/${this.platform}/channels/${encodeURIComponent(id)}`);
  }

  /** What only this person sees. */
  seen() {
    return get(`/_control/${this.platform}/seen?user=${encodeURIComponent(this.user)}`);
  }
}
