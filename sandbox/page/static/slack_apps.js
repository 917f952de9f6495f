// The app in Slack's pane beside its messages: its shortcuts, and its Home tab.

import { h } from "./dom.js";
import { blocks } from "./blocks.js";

let open = null;

/** Offer the app's shortcuts beside a button; `pick(callback_id)` gets the chosen one. */
export function offerShortcuts(beside, shortcuts, pick) {
  const again = open?.beside === beside;
  open?.close();
  if (again) return;
  const items = shortcuts.map((one) =>
    h("button", { type: "button", role: "menuitem", onclick: () => (close(), pick(one.callback_id)) }, one.name),
  );
  const sheet = h("div", { class: "app-menu", role: "menu", "aria-label": "Shortcuts" }, items);
  const outside = (event) => {
    if (!sheet.contains(event.target) && !beside.contains(event.target)) close();
  };
  const close = () => {
    sheet.remove();
    document.removeEventListener("pointerdown", outside, true);
    if (open?.sheet === sheet) open = null;
    if (beside.isConnected) beside.focus({ preventScroll: true });
  };
  sheet.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: items.length - 1 }[event.key];
    if (event.key === "Escape") close();
    else if (step !== undefined) items[(items.indexOf(document.activeElement) + step) % items.length].focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  document.body.append(sheet);
  const box = beside.getBoundingClientRect();
  const within = (at, size, room) => `${Math.max(8, Math.min(at, room - size - 8))}px`;
  sheet.style.left = within(box.right - sheet.offsetWidth, sheet.offsetWidth, innerWidth);
  sheet.style.top = within(box.bottom + 4, sheet.offsetHeight, innerHeight);
  document.addEventListener("pointerdown", outside, true);
  open = { beside, sheet, close };
  items[0]?.focus({ preventScroll: true });
}

/** App Home as the app has published it, as an item of the list. */
export function homeItem(view) {
  return { id: `home ${view.id} ${view.hash}`, home: view, apart: true, at: 0 };
}

/** Draw it; `act(element, value)` is called for what is pressed. */
export function drawHome(view, names, act) {
  return h("article", { class: "app-home" }, blocks(view.blocks, { names, act }));
}
