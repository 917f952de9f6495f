// The power switch of a platform, with the counter of what waits for it.

import { call } from "./control.js";
import { h, icon } from "./dom.js";

/** A switch; `show(on, waiting)` draws how things stand. */
export class Power {
  constructor(platform, name) {
    this.platform = platform;
    this.name = name;
    this.on = true;
    this.count = h("span", { class: "count", hidden: true });
    this.button = h(
      "button",
      { class: "power", type: "button", role: "switch", onclick: () => this.flip().catch(() => undefined) },
      icon("power"),
      h("span", { class: "track", "aria-hidden": "true" }, h("span", { class: "knob" })),
    );
    this.node = h("span", { class: "power-box" }, this.count, this.button);
    this.show(true, 0);
  }

  /** Draw the state and the number of deliveries that wait for this platform. */
  show(on, waiting) {
    this.on = on;
    this.button.setAttribute("aria-checked", String(on));
    this.button.setAttribute("aria-label", `${this.name} is ${on ? "on" : "off"}`);
    this.button.title = on ? `Take ${this.name} down` : `Bring ${this.name} up again`;
    this.count.hidden = !waiting;
    this.count.textContent = waiting ? `${waiting} waiting` : "";
  }

  /** Take the platform down or up. */
  async flip(on = !this.on) {
    const before = this.on;
    this.show(on, 0);
    try {
      await call("PUT", `/_control/power/${this.platform}`, { on });
    } catch (error) {
      this.show(before, 0);
      throw error;
    }
  }
}
