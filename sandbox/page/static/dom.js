// Building elements. All text from outside goes in as text nodes, all addresses are checked:
// nothing here ever parses markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element: `h("button", { class: "x", onclick: f, "aria-label": "y" }, "text", child)`. */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "class") node.className = value;
    else if (key === "data") Object.assign(node.dataset, value);
    else if (key === "value" || key === "checked" || key === "selected") node[key] = value;
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  put(node, children);
  return node;
}

/** Append strings (as text), nodes, and lists of them. */
export function put(node, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

/** Replace everything in a node. */
export function fill(node, ...children) {
  node.replaceChildren();
  return put(node, children);
}

/** The address if it is one of the web's, else null. */
export function webAddress(text) {
  try {
    const url = new URL(String(text), document.baseURI);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

/** A link that opens beside the page; only its words when the address is not of the web. */
export function link(address, ...words) {
  const href = webAddress(address);
  const shown = words.length ? words : [String(address)];
  return href
    ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...shown)
    : h("span", {}, ...shown);
}

/** A picture, or nothing when its address is not of the web or nothing comes from there. */
export function picture(address, alt, className) {
  const src = webAddress(address ?? "");
  if (!address || !src) return null;
  const image = h("img", { src, alt: alt ?? "", class: className, loading: "lazy", decoding: "async" });
  image.addEventListener("error", () => image.remove(), { once: true });
  return image;
}

/** Somebody's picture, or their initials on a colour of their own. */
export function avatar(name, address, className = "") {
  const words = String(name || "?").match(/[\p{L}\p{N}]+/gu) ?? ["?"];
  const initials = words
    .slice(0, 2)
    .map((word) => [...word][0])
    .join("");
  const hue = [...String(name)].reduce((sum, c) => (sum * 31 + c.codePointAt(0)) % 360, 7);
  const node = h("span", { class: `avatar ${className}`, "aria-hidden": "true" }, initials.toUpperCase());
  node.style.setProperty("--hue", hue);
  const image = picture(address, "", "");
  if (image) node.append(image);
  return node;
}

const PATHS = {
  pin: "M12 2.5a6 6 0 0 1 6 6c0 4.2-4.2 8.8-6 13-1.8-4.2-6-8.8-6-13a6 6 0 0 1 6-6Zm0 3.7a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6Z",
  hash: "M9.6 3.5 8.3 20.5M16 3.5l-1.3 17M4 9h16.5M3.5 15H20",
  forum:
    "M4 5.5h11a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2H9l-3.5 3v-3H4a2 2 0 0 1-2-2v-5a2 2 0 0 1 2-2ZM20 8.5a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2v2.5l-3-2.5h-4",
  lock: "M6.5 10.5V8a5.5 5.5 0 0 1 11 0v2.5M5 10.5h14v10H5z",
  back: "M14.5 5 8 12l6.5 7",
  close: "M6 6l12 12M18 6 6 18",
  send: "M3.5 11.7 20.5 4l-4.8 16.5-4.2-6.8zM11.5 13.7 20.5 4",
  check: "M4.5 12.5l5 5 10-11",
  wait: "M12 6.5V12l3.5 2.2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z",
  fail: "M12 7v6M12 16.5v.5M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z",
  play: "M7.5 4.8v14.4L19.5 12z",
  stop: "M7 7h10v10H7z",
  power: "M12 3.5v8M7 6.3a7.5 7.5 0 1 0 10 0",
  bubble: "M4.5 5h15a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-8l-4.5 3.5V17H4.5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2Z",
  globe: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM3.5 12h17M12 3c-5 5.5-5 12.5 0 18 5-5.5 5-12.5 0-18Z",
  reply: "M10 6 4.5 11.5 10 17M4.5 11.5H14a5.5 5.5 0 0 1 5.5 5.5v1.5",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Zm9.5-3a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z",
  thread: "M5 4.5c6 0 10 3 10 6.5s-7 3.5-7 6.5 5 2.5 11 2.5",
  down: "M6 9.5l6 6 6-6",
  clip: "M19.5 11.5l-7.2 7.2a4.6 4.6 0 0 1-6.5-6.5l7.6-7.6a3.1 3.1 0 0 1 4.4 4.4l-7.5 7.5a1.5 1.5 0 0 1-2.2-2.1l6.7-6.7",
  smile: "M8.6 14.2c.8 1.2 2 1.9 3.4 1.9s2.6-.7 3.4-1.9M9 9.8v.1M15 9.8v.1M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17Z",
  edit: "M4 20l1.2-4.6L16 4.6a2 2 0 0 1 2.8 0l.6.6a2 2 0 0 1 0 2.8L8.6 18.8z",
  bin: "M5 7h14M10 11v5.5M14 11v5.5M6.5 7l.9 11.2a1.5 1.5 0 0 0 1.5 1.3h6.2a1.5 1.5 0 0 0 1.5-1.3L17.5 7M9.5 7V5.2A1.2 1.2 0 0 1 10.7 4h2.6a1.2 1.2 0 0 1 1.2 1.2V7",
};
const FILLED = new Set(["play", "stop"]);

/** One of the page's own line drawings. */
export function icon(name, className = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon ${className}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  if (FILLED.has(name)) svg.classList.add("filled");
  svg.append(path);
  return svg;
}

/** Show a keyed list in a node: keep what is equal, change what differs, mark what is new. */
export function keyed(node, items, key, draw) {
  const old = new Map([...node.children].map((child) => [child.dataset.key, child]));
  const first = node.dataset.drawn === undefined;
  let at = node.firstElementChild;
  for (const item of items) {
    const id = key(item);
    const mark = JSON.stringify(item);
    let child = old.get(id);
    old.delete(id);
    if (!child || child.dataset.mark !== mark) {
      const drawn = draw(item);
      drawn.dataset.key = id;
      drawn.dataset.mark = mark;
      if (child) {
        if (child === at) at = drawn;
        child.replaceWith(drawn);
      } else if (!first) drawn.classList.add("arrives");
      child = drawn;
    }
    if (child === at) at = at.nextElementSibling;
    else node.insertBefore(child, at);
  }
  for (const gone of old.values()) gone.remove();
  node.dataset.drawn = "";
}
