// The channels in which others read a conversation. Whoever is in it may end that.

import { change, get } from "./api.js";
import { fill, h, latest } from "./dom.js";

export class Places {
  /** `act(call)` makes a call, and shows what is wrong with it. */
  constructor({ id, act }) {
    this.id = id;
    this.act = act;
    this.isIn = true;
    this.node = h("div", { class: "places", role: "group", "aria-label": "Others read this", hidden: true });
    this.read = latest(() => this.#read());
  }

  refresh(isIn = this.isIn) {
    this.isIn = isIn;
    this.read();
  }

  async #read() {
    if (!this.isIn) return this.#show([]);
    try {
      this.#show((await get(`/api/threads/${this.id}/places`)).places);
    } catch {
      // What is known stays: the thread itself says what is wrong.
    }
  }

  #show(places) {
    this.node.hidden = !places.length;
    fill(
      this.node,
      places.map(({ id, platform, label }) => {
        const name = `${label || "a channel"} in ${platform === "slack" ? "Slack" : "Discord"}`;
        const end = () => this.act(async () => this.#show((await change("DELETE", `/api/threads/${this.id}/places/${id}`)).places));
        return h("div", { class: "desk" }, h("span", {}, "Others read this in ", h("bdi", {}, name), "."), h("button", { type: "button", class: "plain", "aria-label": `End it in ${name}`, onclick: end }, "End"));
      }),
    );
  }
}
