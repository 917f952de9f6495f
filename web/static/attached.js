// The files of messages: how they are shown, and how they are sent up.

import { sendUp } from "./api.js";
import { h, icon, iconButton } from "./dom.js";

export const MOST = 10;
/** What the program takes; known once it has said so. */
export const limits = { file: Infinity };

/** How much a file weighs, for people. */
export function weight(size) {
  for (const [unit, name] of [[2 ** 30, "GB"], [2 ** 20, "MB"], [2 ** 10, "KB"]]) if (size >= unit) return `${Number((size / unit).toPrecision(2))} ${name}`;
  return size === 1 ? "1 byte" : `${size} bytes`;
}

/** The files of a message, in their order: pictures, players, and chips for the rest. */
export function fileNodes(files) {
  const pictures = files.filter((file) => file.inline && file.media === "picture").length;
  return files.map((file) => shown(file, pictures > 1));
}

function shown(file, small) {
  if (!file.inline) return chip(file);
  const caption = file.alt ? `${file.name}: ${file.alt}` : file.name;
  if (file.media === "picture") {
    const img = h("img", { src: file.url, alt: file.alt || file.name, width: file.width, height: file.height, loading: "lazy", decoding: "async" });
    const link = h("a", { class: `picture${small ? " small" : ""}`, href: file.url, target: "_blank", rel: "noopener", title: caption }, img);
    if (file.width && file.height) link.style.setProperty("--ratio", String(file.width / file.height));
    img.addEventListener("error", () => link.replaceWith(chip(file)), { once: true });
    return link;
  }
  const kind = file.media === "video" ? "video" : "audio";
  const player = h(kind, { src: file.url, controls: true, preload: "metadata", "aria-label": caption });
  const frame = h("figure", { class: `player ${kind}` }, player, h("figcaption", {}, h("bdi", {}, file.name), h("small", {}, weight(file.size)), download(file)));
  player.addEventListener("error", () => frame.replaceWith(chip(file)), { once: true });
  return frame;
}

function chip(file) {
  const ending = /\.([A-Za-z0-9]{1,5})$/.exec(file.name)?.[1] ?? "file";
  return h(
    "a",
    { class: "file", href: file.url, download: file.name, title: file.name },
    h("span", { class: "kind", "aria-hidden": "true" }, ending.toUpperCase()),
    h("span", { class: "what" }, h("bdi", {}, file.name), h("small", {}, weight(file.size), file.alt ? ` \u00b7 ${file.alt}` : "")),
    icon("down"),
  );
}

function download(file) {
  return h("a", { class: "get", href: file.url, download: file.name, "aria-label": `Download ${file.name}`, title: "Download" }, icon("down"));
}

/** Why a file would be refused, known without sending it. */
function unfit(source) {
  if (!source.size) return "This file is empty. Choose it again and send it once more.";
  if (source.size > limits.file) return `This file is larger than ${weight(limits.file)}, the most that fits here. Send a smaller one, or a link to it.`;
  return "";
}

/** A button that chooses files, with the input that it needs. */
export function chooser(attach) {
  const input = h("input", { type: "file", multiple: true, hidden: true, "aria-label": "Files", tabindex: "-1" });
  input.addEventListener("change", () => {
    attach(input.files);
    input.value = "";
  });
  return { input, button: iconButton("clip", "Add files", () => input.click()) };
}

/** Files pasted into a text become attachments; true where there were any. */
export function takePasted(event, attach) {
  if (!event.clipboardData?.files.length) return false;
  event.preventDefault();
  attach(event.clipboardData.files);
  return true;
}

/** Files dropped anywhere on `node` become attachments, and the sign for it. */
export function takeDrops(node, attach, open = () => true) {
  let depth = 0;
  const wants = (event) => open() && [...(event.dataTransfer?.types ?? [])].includes("Files");
  const over = (step) => (event) => {
    if (!wants(event)) return;
    event.preventDefault();
    depth = Math.max(0, depth + step);
    node.classList.toggle("dropping", depth > 0);
  };
  node.addEventListener("dragenter", over(1));
  node.addEventListener("dragleave", over(-1));
  node.addEventListener("dragover", over(0));
  node.addEventListener("drop", (event) => {
    if (!wants(event)) return;
    event.preventDefault();
    depth = 0;
    node.classList.remove("dropping");
    attach(event.dataTransfer.files);
  });
  return h("div", { class: "drop-here", "aria-hidden": "true" }, icon("clip"), "Drop to add to your message");
}

/** Files on their way up for the next message. `changed` is called whenever something did. */
export class Uploads {
  constructor({ changed }) {
    this.changed = changed;
    this.items = [];
    this.node = h("ul", { class: "uploads", "aria-label": "Files to send", hidden: true });
  }

  get empty() {
    return !this.items.length;
  }

  get ready() {
    return this.items.every((item) => item.file);
  }

  /** Adds files that were chosen, dropped or pasted. Returns a sentence where not all fit. */
  add(files) {
    const room = MOST - this.items.length;
    [...files].slice(0, room).forEach((file) => this.#begin(file));
    this.#draw();
    return files.length > room ? `A message takes at most ${MOST} files.` : "";
  }

  /** As a message names them. */
  get sent() {
    return this.items.map((item) => ({ ticket: item.file.ticket, alt: item.alt.value.trim() }));
  }

  /** What the message is sent with, and an empty list again. */
  take() {
    const taken = this.items.map((item) => ({ ...item.file, alt: item.alt.value.trim(), preview: item.preview }));
    this.items = [];
    this.#draw();
    return taken;
  }

  /** Puts back what could not be sent. */
  restore(files) {
    for (const file of files) {
      const item = this.#item({ name: file.name, size: file.size }, file.preview);
      item.alt.value = file.alt;
      this.#arrived(item, file);
      this.items.push(item);
    }
    this.#draw();
  }

  clear() {
    [...this.items].forEach((item) => this.#drop(item));
  }

  #begin(source) {
    const preview = /^image\/(png|jpeg|gif|webp)$/.test(source.type) ? URL.createObjectURL(source) : "";
    const item = this.#item(source, preview);
    item.source = source;
    this.items.push(item);
    const refused = unfit(source);
    if (refused) this.#refused(item, refused, false);
    else this.#send(item);
  }

  #item(source, preview) {
    const item = { file: null, preview, abort: () => {} };
    item.bar = h("progress", { max: "1", value: "0", "aria-label": `Sending ${source.name}` });
    item.alt = h("input", { type: "text", class: "alt", maxlength: "1000", placeholder: "Describe it", "aria-label": `What ${source.name} shows, for those who cannot see it` });
    item.word = h("small", {}, weight(source.size));
    item.again = h("button", { type: "button", class: "plain", hidden: true, onclick: () => this.#send(item) }, "Try again");
    item.node = h(
      "li",
      { class: "upload" },
      preview ? h("img", { src: preview, alt: "" }) : h("span", { class: "kind", "aria-hidden": "true" }, icon("clip")),
      h("span", { class: "what" }, h("bdi", {}, source.name), item.word, preview ? item.alt : null),
      item.again,
      item.bar,
      iconButton("close", `Do not send ${source.name}`, () => this.#drop(item), { class: "round less" }),
    );
    return item;
  }

  async #send(item) {
    item.again.hidden = true;
    item.bar.hidden = false;
    item.node.classList.remove("failed");
    item.word.textContent = weight(item.source.size);
    const { done, abort } = sendUp(item.source, (part) => (item.bar.value = part));
    item.abort = abort;
    try {
      this.#arrived(item, await done);
    } catch (problem) {
      // A day's quota does not come back by trying again at once.
      this.#refused(item, problem.message, problem.passing && problem.code !== "quota_used_up");
    }
    this.changed();
  }

  #refused(item, sentence, again) {
    item.bar.hidden = true;
    item.node.classList.add("failed");
    item.word.textContent = sentence;
    item.word.setAttribute("role", "alert");
    item.again.hidden = !again;
  }

  #arrived(item, file) {
    item.file = file;
    item.bar.hidden = true;
    item.word.textContent = weight(file.size) + (file.may_hold_location ? " \u00b7 may say where it was taken" : "");
  }

  #drop(item) {
    item.abort();
    this.items = this.items.filter((each) => each !== item);
    this.#draw();
  }

  #draw() {
    this.node.replaceChildren(...this.items.map((item) => item.node));
    this.node.hidden = this.empty;
    this.changed();
  }
}
