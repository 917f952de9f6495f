// Block Kit: messages, and the input blocks of views. Presses go out through `act`.

import { choices } from "./choices.js";
import { h, picture } from "./dom.js";
import { paragraphs, richText, textObject } from "./slack_text.js";

/**
 * Blocks as elements. `act(element, value)` is called for a pressed button or a choice; inputs
 * are added to `fields`; `find(element, typed)` asks the app for the options of a menu of its own.
 */
export function blocks(list, { names, act, fields, find }) {
  return (list ?? []).map((block) => {
    const drawn = draw(block, { names, act: (element, value) => act?.(element, value, block), fields, find });
    return drawn
      ? h("div", { class: `block ${block.type}`, data: { block: block.block_id ?? "" } }, drawn)
      : null;
  });
}

function draw(block, context) {
  const { names } = context;
  switch (block.type) {
    case "header":
      return h("h4", {}, textObject(block.text, names));
    case "section":
      return [
        h(
          "div",
          { class: "words" },
          block.text ? h("div", { class: "text" }, textObject(block.text, names)) : null,
          block.fields
            ? h(
                "div",
                { class: "fields" },
                block.fields.map((field) => h("div", {}, textObject(field, names))),
              )
            : null,
        ),
        block.accessory ? h("div", { class: "accessory" }, element(block.accessory, context)) : null,
      ];
    case "image":
      return h(
        "figure",
        {},
        block.title ? h("figcaption", {}, textObject(block.title, names)) : null,
        picture(block.image_url, block.alt_text, "wide"),
      );
    case "context":
      return (block.elements ?? []).map((one) =>
        one.type === "image"
          ? picture(one.image_url, one.alt_text, "small")
          : h("span", {}, textObject(one, names)),
      );
    case "actions":
      return (block.elements ?? []).map((one) => element(one, context));
    case "divider":
      return h("hr");
    case "rich_text":
      return richText(block, names);
    case "markdown":
      return h("div", { class: "text" }, paragraphs(block.text, names));
    case "input":
      return input(block, context);
    default:
      return null;
  }
}

function element(one, context) {
  const { names, act, fields, find } = context;
  if (one.type === "image") return picture(one.image_url, one.alt_text, "thumb");
  if (one.type === "button") {
    const address = one.url;
    return h(
      "button",
      {
        type: "button",
        class: `button ${one.style ?? ""}`,
        "aria-label": one.accessibility_label,
        onclick: (event) => {
          if (address && /^https?:/i.test(address)) window.open(address, "_blank", "noopener,noreferrer");
          act(one, one.value, event.currentTarget);
        },
      },
      textObject(one.text, names),
    );
  }
  const made = field(one, names, find);
  if (!made) return null;
  made.node.addEventListener("change", () => {
    if (!fields) act(one, made.value());
  });
  return made.node;
}

function input(block, { names, fields, find }) {
  const made = field(block.element, names, find);
  if (!made) return null;
  fields?.push({ block: block.block_id, action: block.element.action_id, value: made.value });
  const id = `f-${block.block_id}-${block.element.action_id}`;
  made.focus?.setAttribute("id", id);
  return [
    h(
      "label",
      { for: id },
      textObject(block.label, names),
      block.optional ? h("span", { class: "hint" }, " (optional)") : null,
    ),
    made.node,
    block.hint ? h("p", { class: "hint" }, textObject(block.hint, names)) : null,
    h("p", { class: "wrong", role: "alert" }),
  ];
}

const optionsOf = (one) => one.options ?? (one.option_groups ?? []).flatMap((group) => group.options);

/** A field with `node`, `value()` and what takes the focus. */
function field(one, names, find) {
  switch (one?.type) {
    case "plain_text_input":
    case "email_text_input":
    case "url_text_input":
    case "number_input": {
      const node = h(one.multiline ? "textarea" : "input", {
        class: "field",
        rows: one.multiline ? 4 : undefined,
        placeholder: one.placeholder?.text,
        maxlength: one.max_length,
        value: one.initial_value ?? "",
      });
      return { node, focus: node, value: () => node.value };
    }
    case "overflow":
      return choice({ ...one, placeholder: { text: "…" } }, listed(one, names));
    case "static_select":
    case "users_select":
    case "conversations_select":
    case "channels_select":
      return choice(one, listed(one, names));
    case "multi_static_select":
    case "multi_users_select":
    case "multi_conversations_select":
    case "external_select":
    case "multi_external_select":
      return several(one, names, find);
    case "radio_buttons":
    case "checkboxes":
      return boxes(one, names);
    default:
      return null;
  }
}

function listed(one, names) {
  if (/users_select/.test(one.type)) return names.people().map((p) => ({ text: p.name, value: p.id }));
  if (/conversations_select|channels_select/.test(one.type)) {
    return names.channels().map((c) => ({ text: `#${c.name}`, value: c.id }));
  }
  const initial = [one.initial_option, ...(one.initial_options ?? [])].filter(Boolean);
  const all = optionsOf(one).length ? optionsOf(one) : initial;
  return all.map((option) => ({ text: option.text?.text ?? option.value, value: option.value }));
}

function choice(one, options) {
  const chosen = one.initial_option?.value ?? one.initial_user ?? one.initial_conversation;
  const node = h(
    "select",
    { class: "field" },
    chosen ? null : h("option", { value: "" }, one.placeholder?.text ?? "Choose"),
    options.map((option) =>
      h("option", { value: option.value, selected: option.value === chosen }, option.text),
    ),
  );
  return { node, focus: node, value: () => node.value };
}

function several(one, names, find) {
  const all = listed(one, names);
  const outside = one.type.includes("external");
  const first = [
    one.initial_option?.value,
    ...(one.initial_users ?? []),
    ...(one.initial_conversations ?? []),
    ...(one.initial_options ?? []).map((option) => option.value),
  ];
  const fits = (typed) => all.filter((option) => option.text.toLowerCase().includes(typed.toLowerCase()));
  return choices({
    placeholder: one.placeholder?.text,
    initial: all.filter((option) => first.includes(option.value)),
    many: one.type.startsWith("multi_"),
    shortest: outside ? (one.min_query_length ?? 3) : 0,
    find: async (typed) => (outside ? asked(await find?.(one, typed)) : fits(typed)),
  });
}

const asked = (told) =>
  optionsOf(told ?? {}).map((option) => ({ text: option.text?.text ?? option.value, value: option.value }));

function boxes(one, names) {
  const many = one.type === "checkboxes";
  const chosen = new Set([one.initial_option?.value, ...(one.initial_options ?? []).map((o) => o.value)]);
  const group = `g-${one.action_id}-${Math.random().toString(36).slice(2)}`;
  const node = h(
    "div",
    { class: "boxes" },
    optionsOf(one).map((option) =>
      h(
        "label",
        {},
        h("input", {
          type: many ? "checkbox" : "radio",
          name: group,
          value: option.value,
          checked: chosen.has(option.value),
        }),
        h(
          "span",
          {},
          textObject(option.text, names),
          option.description ? h("small", {}, textObject(option.description, names)) : null,
        ),
      ),
    ),
  );
  const picked = () => [...node.querySelectorAll("input:checked")].map((box) => box.value);
  return { node, focus: node.querySelector("input"), value: () => (many ? picked() : (picked()[0] ?? "")) };
}
