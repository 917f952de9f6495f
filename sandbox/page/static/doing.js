// What people do with messages in both chat panes: react, edit, delete, and the files they add.

import { fill, h, icon, picture, webAddress } from "./dom.js";

/** The emoji that are offered, as Slack and as Discord name them. */
const CHOICE = [
  ["+1", "\u{1F44D}"],
  ["heart", "\u2764\uFE0F"],
  ["joy", "\u{1F602}"],
  ["heart_eyes", "\u{1F60D}"],
  ["tada", "\u{1F389}"],
  ["clap", "\u{1F44F}"],
  ["pray", "\u{1F64F}"],
  ["eyes", "\u{1F440}"],
  ["thinking_face", "\u{1F914}"],
  ["white_check_mark", "\u2705"],
  ["fire", "\u{1F525}"],
  ["-1", "\u{1F44E}"],
];

let open = null;

/** Offer emoji beside a button; `pick(name, sign)` gets the chosen one. */
export function chooseEmoji(beside, pick) {
  const again = open?.beside === beside;
  open?.close();
  if (again) return;
  const buttons = CHOICE.map(([name, sign]) =>
    h(
      "button",
      {
        type: "button",
        role: "menuitem",
        "aria-label": name.replaceAll("_", " "),
        title: `:${name}:`,
        onclick: () => (close(), pick(name, sign)),
      },
      sign,
    ),
  );
  const sheet = h("div", { class: "emoji-sheet", role: "menu", "aria-label": "Choose a reaction" }, buttons);
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
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 6, ArrowUp: -6 }[event.key];
    if (step) {
      const at = buttons.indexOf(document.activeElement);
      buttons[(at + step + buttons.length) % buttons.length].focus();
    } else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  document.body.append(sheet);
  const to = beside.getBoundingClientRect();
  const box = sheet.getBoundingClientRect();
  const above = to.top - box.height - 6;
  sheet.style.left = `${Math.max(8, Math.min(to.right - box.width, innerWidth - box.width - 8))}px`;
  sheet.style.top = `${above > 8 ? above : to.bottom + 6}px`;
  document.addEventListener("pointerdown", outside, true);
  open = { beside, sheet, close };
  buttons[0].focus({ preventScroll: true });
}

/** Reactions under a message: `{shown, count, mine, who, toggle}` each. */
export function reactions(found) {
  return h(
    "ul",
    { class: "reactions", "aria-label": "Reactions" },
    found.map((one) =>
      h(
        "li",
        {},
        h(
          "button",
          {
            type: "button",
            "aria-pressed": String(one.mine),
            title: one.who,
            "aria-label": `${one.shown} ${one.count}, by ${one.who}`,
            onclick: one.toggle,
          },
          h("span", { class: one.shown.length > 14 ? "long" : "" }, one.shown),
          h("b", {}, String(one.count)),
        ),
      ),
    ),
  );
}

const SIZES = [
  [2 ** 20, "MB"],
  [2 ** 10, "KB"],
];

/** How much a file weighs, for people. */
export function weight(size) {
  for (const [unit, name] of SIZES) if (size >= unit) return `${Number((size / unit).toPrecision(2))} ${name}`;
  return size === 1 ? "1 byte" : `${size ?? 0} bytes`;
}

/** A file of a message: a picture, a player, or a chip with its name and size. */
export function file(one) {
  const address = webAddress(one.url ?? one.url_private ?? "");
  const name = one.title || one.filename || one.name || "File";
  const kind = one.content_type ?? one.mimetype ?? "";
  const alt = one.description ?? one.alt_txt ?? "";
  if (address && /^image\/(png|jpeg|gif|webp)/.test(kind)) return picture(address, alt || name, "wide");
  if (address && /^(video|audio)\//.test(kind)) {
    const player = h(kind.slice(0, 5), {
      src: address,
      controls: true,
      preload: "metadata",
      "aria-label": alt || name,
    });
    return h("figure", { class: "player" }, player, h("figcaption", {}, name));
  }
  const inside = [
    icon("clip"),
    h("span", {}, h("b", {}, name), h("small", {}, weight(one.size), alt ? ` · ${alt}` : "")),
  ];
  return address
    ? h("a", { class: "file", href: address, download: name, title: name }, inside)
    : h("span", { class: "file" }, inside);
}

const LARGEST = 20 * 2 ** 20;

/** Files that wait in a composer for the next message. */
export class Attached {
  constructor({ changed, refuse }) {
    this.changed = changed;
    this.refuse = refuse;
    this.files = [];
    this.node = h("ul", { class: "attached", "aria-label": "Files to send", hidden: true });
  }

  add(files) {
    for (const one of files) {
      if (one.size > LARGEST) this.refuse(`${one.name} is larger than 20 MB, the most this page takes.`);
      else if (!one.size) this.refuse(`${one.name} is empty.`);
      else this.files.push({ file: one, alt: "" });
    }
    this.#draw();
  }

  clear() {
    this.files = [];
    this.#draw();
  }

  /** The files as the control API takes them. */
  async read() {
    return Promise.all(
      this.files.map(async ({ file: one, alt }) => ({
        name: one.name,
        type: one.type || "application/octet-stream",
        base64: encoded(new Uint8Array(await one.arrayBuffer())),
        ...(alt ? { alt } : {}),
      })),
    );
  }

  #draw() {
    this.node.hidden = !this.files.length;
    fill(
      this.node,
      this.files.map((item) =>
        h(
          "li",
          {},
          icon("clip"),
          h("span", {}, item.file.name, h("small", {}, weight(item.file.size))),
          /^image\//.test(item.file.type)
            ? h("input", {
                class: "alt",
                placeholder: "Describe it",
                "aria-label": `What ${item.file.name} shows`,
                maxlength: 1000,
                value: item.alt,
                oninput: (event) => (item.alt = event.target.value),
              })
            : null,
          h(
            "button",
            {
              type: "button",
              "aria-label": `Do not send ${item.file.name}`,
              onclick: () => ((this.files = this.files.filter((one) => one !== item)), this.#draw()),
            },
            icon("close"),
          ),
        ),
      ),
    );
    this.changed();
  }
}

function encoded(bytes) {
  let words = "";
  for (let at = 0; at < bytes.length; at += 32768) words += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(words);
}
