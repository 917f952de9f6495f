// Reactions under a message, and the little sheet to choose one from.

import { h, icon } from "./dom.js";

const CHOICE = [
  ["\u{1F44D}", "thumbs up"],
  ["\u2764", "heart"],
  ["\u{1F602}", "tears of joy"],
  ["\u{1F60D}", "heart eyes"],
  ["\u{1F389}", "party"],
  ["\u{1F44F}", "clapping"],
  ["\u{1F64F}", "thank you"],
  ["\u{1F62E}", "surprised"],
  ["\u{1F914}", "thinking"],
  ["\u{1F440}", "eyes"],
  ["\u2705", "done"],
  ["\u{1F44E}", "thumbs down"],
];

/** The emoji as it is drawn: colourful where it has such a form. */
function drawn(emoji) {
  return /^\p{Emoji}$/u.test(emoji) && !/\p{Emoji_Presentation}/u.test(emoji) ? `${emoji}\uFE0F` : emoji;
}

/** The counts; each says who, and takes one's own reaction back or adds it. */
export function reactions(found, react) {
  if (!found?.length) return null;
  return h(
    "ul",
    { class: "reactions", "aria-label": "Reactions" },
    found.map((each) => {
      const who = `${each.people.join(", ")}`;
      return h(
        "li",
        {},
        h(
          "button",
          { type: "button", class: "reaction", "aria-pressed": String(each.mine), title: who, "aria-label": `${each.emoji} ${each.count}, by ${who}`, onclick: () => react(each.emoji, !each.mine) },
          h("span", { class: each.emoji.startsWith(":") ? "named" : "sign" }, drawn(each.emoji)),
          h("span", { class: "count" }, String(each.count)),
        ),
      );
    }),
  );
}

let open = null;

/** Opens the choice beside a button; `pick(emoji)` gets what is chosen. Esc or a click closes. */
export function chooseEmoji(beside, pick) {
  const again = open?.beside === beside;
  open?.close();
  if (again) return;
  const before = document.activeElement;
  const buttons = CHOICE.map(([emoji, name]) =>
    h("button", { type: "button", role: "menuitem", tabindex: "-1", "aria-label": name, title: name, onclick: () => { close(); pick(emoji); } }, drawn(emoji)),
  );
  const sheet = h("div", { class: "emoji-sheet", role: "menu", "aria-label": "Choose a reaction" }, buttons);
  const close = () => {
    sheet.remove();
    document.removeEventListener("pointerdown", outside, true);
    beside.setAttribute("aria-expanded", "false");
    beside.closest(".said")?.classList.remove("choosing");
    if (open?.sheet === sheet) open = null;
    if (before?.isConnected) before.focus({ preventScroll: true });
  };
  const outside = (event) => {
    if (!sheet.contains(event.target) && !beside.contains(event.target)) close();
  };
  sheet.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(document.activeElement);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 6, ArrowUp: -6 }[event.key];
    if (step) buttons[(at + step + buttons.length) % buttons.length].focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  document.body.append(sheet);
  place(sheet, beside.getBoundingClientRect());
  document.addEventListener("pointerdown", outside, true);
  beside.setAttribute("aria-expanded", "true");
  beside.closest(".said")?.classList.add("choosing");
  open = { beside, sheet, close };
  buttons[0].focus({ preventScroll: true });
}

function place(sheet, to) {
  const { width, height } = sheet.getBoundingClientRect();
  const left = Math.min(Math.max(8, to.left + to.width / 2 - width / 2), innerWidth - width - 8);
  const above = to.top - height - 6;
  sheet.style.left = `${left}px`;
  sheet.style.top = `${above >= 8 ? above : Math.min(to.bottom + 6, innerHeight - height - 8)}px`;
}

/** What can be done with a message, as a row of buttons: one stop for Tab, arrows within. */
export function tools(acts) {
  const buttons = acts.map(([name, label, act], at) =>
    h("button", { type: "button", class: "tool", tabindex: at ? "-1" : "0", "aria-label": label, title: label, "data-act": name, onclick: (event) => act(event.currentTarget) }, icon(name)),
  );
  const bar = h("div", { class: "tools", role: "toolbar", "aria-label": "This message" }, buttons);
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length].focus();
  });
  return bar;
}
