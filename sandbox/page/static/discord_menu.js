// What a right click offers in Discord's pane: the apps' menus on a message or on a person.

import { h } from "./dom.js";
import { named } from "./discord_command.js";

const ON_PERSON = 2;
const ON_MESSAGE = 3;

let open = null;

/** Listen on a message's row; `run(name, target)` runs a menu on a message or a person. */
export function offerMenus(row, { message, person, run }) {
  row.addEventListener("contextmenu", (event) => {
    event.preventDefault();
    const onPerson = person && event.target.closest?.(".avatar, .name");
    show(event.clientX, event.clientY, onPerson ? ON_PERSON : ON_MESSAGE, (name) =>
      run(name, onPerson ? person : message),
    );
  });
}

/** The same beside a button, for those who have no right click. */
export function menuBeside(button, message, run) {
  const box = button.getBoundingClientRect();
  return show(box.left, box.bottom, ON_MESSAGE, (name) => run(name, message), button);
}

async function show(x, y, kind, pick, back = null) {
  open?.close();
  const names = await named(kind).catch(() => []);
  const items = names.map((name) =>
    h("button", { type: "button", role: "menuitem", onclick: () => (close(), pick(name)) }, name),
  );
  const sheet = h(
    "div",
    { class: "app-menu", role: "menu", "aria-label": "Apps", onkeydown: (event) => keys(event, items, close) },
    items.length ? items : h("p", {}, "No app offers anything here yet."),
  );
  const outside = (event) => !sheet.contains(event.target) && close();
  const close = () => {
    sheet.remove();
    document.removeEventListener("pointerdown", outside, true);
    if (open?.sheet === sheet) open = null;
    if (back?.isConnected) back.focus({ preventScroll: true });
  };
  open = { sheet, close };
  document.body.append(sheet);
  const place = (at, size, room) => `${Math.max(8, Math.min(at, room - size - 8))}px`;
  sheet.style.left = place(x, sheet.offsetWidth, window.innerWidth);
  sheet.style.top = place(y, sheet.offsetHeight, window.innerHeight);
  document.addEventListener("pointerdown", outside, true);
  items[0]?.focus({ preventScroll: true });
}

function keys(event, items, close) {
  const at = items.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: items.length - 1 }[event.key];
  if (event.key === "Escape") close();
  else if (step !== undefined && items.length) items[(at + step) % items.length].focus();
  else return;
  event.preventDefault();
}
