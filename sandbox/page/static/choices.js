// A field for choosing several things by typing: chips, a box, and what fits below it.

import { fill, h, icon } from "./dom.js";

/** `find(typed)` resolves with `[{text, value}]`; `value()` gives the chosen values. */
export function choices({ placeholder, initial = [], find, many = true, shortest = 0 }) {
  const chosen = new Map(initial.map((one) => [one.value, one.text]));
  const chips = h("span", { class: "chips" });
  const box = h("input", { type: "text", placeholder, autocomplete: "off", spellcheck: "false" });
  const list = h("ul", { class: "found", role: "listbox", hidden: true });
  const node = h("div", { class: "choices" }, h("div", { class: "field" }, chips, box), list);

  const draw = () => {
    fill(
      chips,
      [...chosen].map(([value, text]) =>
        h(
          "span",
          { class: "chip" },
          text,
          h(
            "button",
            { type: "button", "aria-label": `Remove ${text}`, onclick: () => (chosen.delete(value), draw()) },
            icon("close"),
          ),
        ),
      ),
    );
    box.placeholder = chosen.size ? "" : (placeholder ?? "");
  };
  const take = (one) => {
    if (!many) chosen.clear();
    chosen.set(one.value, one.text);
    box.value = "";
    list.hidden = true;
    draw();
    box.focus();
    node.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const offer = async () => {
    const typed = box.value.trim();
    const found = typed.length < shortest ? [] : await find(typed).catch(() => []);
    if (box.value.trim() !== typed) return;
    const open = found.filter((one) => !chosen.has(one.value)).slice(0, 8);
    list.hidden = !open.length;
    fill(
      list,
      open.map((one, at) =>
        h(
          "li",
          {
            role: "option",
            "aria-selected": String(at === 0),
            onmousedown: (event) => (event.preventDefault(), take(one)),
          },
          one.text,
        ),
      ),
    );
    node.first = open[0];
  };
  box.addEventListener("input", offer);
  box.addEventListener("focus", offer);
  box.addEventListener("blur", () => setTimeout(() => (list.hidden = true), 150));
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !list.hidden && node.first) {
      event.preventDefault();
      take(node.first);
    } else if (event.key === "Backspace" && !box.value && chosen.size) {
      chosen.delete([...chosen.keys()].at(-1));
      draw();
    }
  });
  draw();
  return { node, focus: box, value: () => (many ? [...chosen.keys()] : ([...chosen.keys()][0] ?? "")) };
}
