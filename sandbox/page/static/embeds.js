// Discord's embeds and components as elements.

import { h, link, picture } from "./dom.js";
import { inline, markdown } from "./markdown.js";

const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link" };
const BUTTON = 2;
const SELECTS = new Set([3, 5, 6, 7, 8]);

/** One embed. */
export function embed(one, names) {
  const node = h(
    "div",
    { class: "embed" },
    h(
      "div",
      { class: "embed-main" },
      one.provider?.name ? h("small", { class: "provider" }, one.provider.name) : null,
      one.author?.name
        ? h(
            "div",
            { class: "embed-author" },
            picture(one.author.icon_url, "", "tiny"),
            one.author.url ? link(one.author.url, one.author.name) : one.author.name,
          )
        : null,
      one.title
        ? h("h4", {}, one.url ? link(one.url, ...inline(one.title, names)) : inline(one.title, names))
        : null,
      one.description ? h("div", { class: "text" }, markdown(one.description, names)) : null,
      one.fields?.length
        ? h(
            "dl",
            {},
            one.fields.map((field) =>
              h(
                "div",
                { class: field.inline ? "beside" : "" },
                h("dt", {}, inline(field.name, names)),
                h("dd", {}, markdown(field.value, names)),
              ),
            ),
          )
        : null,
      picture(one.image?.url, one.image?.description ?? one.title ?? "", "wide"),
      one.footer?.text || one.timestamp
        ? h(
            "footer",
            {},
            picture(one.footer?.icon_url, "", "tiny"),
            one.footer?.text,
            one.timestamp ? ` · ${new Date(one.timestamp).toLocaleString()}` : null,
          )
        : null,
    ),
    picture(one.thumbnail?.url, "", "thumb"),
  );
  if (Number.isInteger(one.color))
    node.style.setProperty("--tone", `#${one.color.toString(16).padStart(6, "0")}`);
  return node;
}

/** The picture a post is known by in the list of a forum. */
export function coverOf(message) {
  const shown = message?.embeds?.find((one) => one.image?.url || one.thumbnail?.url);
  return (
    shown?.image?.url ??
    shown?.thumbnail?.url ??
    message?.files?.find((one) => /^image\//.test(one.content_type ?? ""))?.url ??
    null
  );
}

/** Rows of buttons and menus; `act(component, values)` is called when one is used. */
export function components(rows, names, act) {
  return (rows ?? []).map((row) => {
    if (row.type === 10) return h("div", { class: "text" }, markdown(row.content, names));
    const inside = row.components ?? (SELECTS.has(row.type) || row.type === BUTTON ? [row] : []);
    return h(
      "div",
      { class: "row" },
      inside.map((one) => component(one, names, act)),
    );
  });
}

function component(one, names, act) {
  if (one.type === BUTTON) {
    if (one.style === 5 && one.url) return h("span", { class: "button link" }, link(one.url, label(one)));
    return h(
      "button",
      {
        type: "button",
        class: `button ${STYLES[one.style] ?? ""}`,
        disabled: one.disabled,
        onclick: () => act(one),
      },
      label(one),
    );
  }
  if (SELECTS.has(one.type)) {
    const node = select(one, names);
    node.addEventListener("change", () =>
      act(one, [...node.selectedOptions].map((option) => option.value).filter(Boolean)),
    );
    return node;
  }
  return null;
}

function label(one) {
  return `${one.emoji?.id ? "" : (one.emoji?.name ?? "")} ${one.label ?? ""}`.trim() || "Button";
}

/** A menu: of its own options, or of the server's people or channels. */
export function select(one, names) {
  const many = (one.max_values ?? 1) > 1;
  const options =
    one.type === 5 || one.type === 7
      ? names.people().map((person) => ({ label: person.name, value: person.id }))
      : one.type === 8
        ? names.channels().map((place) => ({ label: `#${place.name}`, value: place.id }))
        : (one.options ?? []);
  return h(
    "select",
    { class: "field", multiple: many, disabled: one.disabled, "aria-label": one.placeholder ?? "Choose" },
    many ? null : h("option", { value: "" }, one.placeholder ?? "Choose"),
    options.map((option) =>
      h(
        "option",
        { value: option.value, selected: Boolean(option.default) },
        option.description ? `${option.label}: ${option.description}` : option.label,
      ),
    ),
  );
}
