// The left pane: the program's own page in a frame, or a tidy wait while it is not up.

import { fill, h, icon, webAddress } from "./dom.js";

/** Shows `web` as one of the people the program lets be acted as. */
export class WebPane {
  constructor(deliveries, pins) {
    this.deliveries = deliveries;
    this.person = "mia";
    this.shown = "";
    this.people = h(
      "select",
      { "aria-label": "Who to be on the web", disabled: true },
      h("option", { value: "mia" }, "Mia"),
    );
    this.people.addEventListener("change", () => this.become(this.people.value));
    this.room = h("div", { class: "inside" });
    this.node = h(
      "section",
      { class: "pane web", id: "pane-web", "aria-label": "Web, the pinner's conversations" },
      h(
        "header",
        { class: "pane-head" },
        h("span", { class: "mark" }, icon("pin")),
        h("h2", {}, "Web", h("small", {}, "A pinner's page")),
        h("label", { class: "as" }, h("span", {}, "as"), this.people),
      ),
      this.room,
    );
    this.waiting = h(
      "div",
      { class: "absence", role: "status" },
      h(
        "div",
        { class: "fan", "aria-hidden": "true" },
        pins.slice(0, 3).map((pin) => h("img", { src: pin.picture, alt: "" })),
      ),
      h("h3", {}, "Waiting for Pinthread"),
      h("p", {}, "The pinner's conversations show here as soon as the program is up."),
      h("span", { class: "breath", "aria-hidden": "true" }),
    );
    deliveries.onChange(() => this.draw());
    this.draw();
  }

  /** Be somebody else. */
  become(handle) {
    this.person = handle;
    this.shown = "";
    this.draw();
  }

  draw() {
    const { web, up } = this.deliveries;
    this.node.classList.toggle("absent", !up);
    if (!up) {
      if (this.shown !== "waiting") fill(this.room, this.waiting);
      this.shown = "waiting";
      return;
    }
    const address = `${web}/?embed=1&as=${encodeURIComponent(this.person)}`;
    if (this.shown === address || !webAddress(address)) return;
    this.shown = address;
    fill(this.room, h("iframe", { src: address, title: "The pinner's conversations" }));
    this.#askPeople(web);
  }

  async #askPeople(web) {
    try {
      const told = await (await fetch(`${web}/api/demo/people`)).json();
      if (!told.people?.length) return;
      fill(
        this.people,
        told.people.map((one) => h("option", { value: one.handle }, one.name)),
      );
      this.people.value = this.person;
      this.people.disabled = told.people.length < 2;
    } catch {
      // The picker stays as it is; the page itself works without it.
    }
  }
}
