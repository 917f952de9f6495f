// The tray of sample pins: a row of small pictures; choosing one hands its pin to the pane.

import { h, picture } from "./dom.js";

/** The tray; `choose(pin)` is called with what the world tells of the pin. */
export function tray(pins, choose) {
  const items = pins.map((pin) => {
    const chip = h(
      "button",
      {
        type: "button",
        class: "pin",
        title: pin.title,
        "aria-label": `Send the pin ${pin.title}`,
        onclick: () => choose(pin),
      },
      picture(pin.picture, "", ""),
    );
    if (/^#[0-9a-f]{6}$/i.test(pin.dominant_color ?? ""))
      chip.style.setProperty("--tone", pin.dominant_color);
    return h("li", {}, chip);
  });
  return h("ul", { class: "tray", "aria-label": "Sample pins" }, items);
}

/** The sample pin that a text names by its address, if any. */
export function pinIn(text, pins) {
  return pins.find((pin) => text.includes(pin.id)) ?? null;
}
