// A Discord modal as a sheet over the pane: filled in, handed in, or closed.

import { h, icon } from "./dom.js";
import { call, post } from "./control.js";
import { select } from "./embeds.js";
import { markdown } from "./markdown.js";

/** Show the open modal, or take the sheet away. */
export function showModal(over, modal, { pane, names }) {
  const mark = modal ? modal.id : "";
  if (over.dataset.mark === mark) return;
  over.dataset.mark = mark;
  over.hidden = !modal;
  over.replaceChildren();
  if (!modal) return;
  const fields = [];
  const wrong = h("p", { class: "wrong", role: "alert" });
  const submit = h("button", { type: "submit", class: "button primary" }, "Submit");
  const close = async () => {
    await call("DELETE", `/_control/discord/seen?user=${encodeURIComponent(pane.user)}`).catch(
      () => undefined,
    );
    await pane.refresh();
  };
  const form = h(
    "form",
    {
      class: "sheet",
      role: "dialog",
      "aria-modal": "true",
      "aria-label": modal.title,
      onkeydown: (event) => event.key === "Escape" && close(),
      onsubmit: async (event) => {
        event.preventDefault();
        submit.disabled = true;
        await hand(pane, modal, fields, wrong);
        submit.disabled = false;
      },
    },
    h(
      "header",
      {},
      h("h3", {}, modal.title),
      h("button", { type: "button", class: "close", "aria-label": "Close", onclick: close }, icon("close")),
    ),
    h(
      "div",
      { class: "sheet-body" },
      modal.components.map((top) => part(top, fields, names)),
      wrong,
    ),
    h("footer", {}, h("button", { type: "button", class: "button", onclick: close }, "Cancel"), submit),
  );
  over.append(form);
  (form.querySelector(".field") ?? submit).focus({ preventScroll: true });
}

function part(top, fields, names) {
  if (top.type === 10) return h("div", { class: "text" }, markdown(top.content, names));
  if (top.type === 18) return labelled(top.label, top.description, top.component, fields, names);
  return (top.components ?? []).map((one) => labelled(one.label, null, one, fields, names));
}

function labelled(words, about, one, fields, names) {
  const id = `m-${one.custom_id}`;
  if (CHOICES.has(one.type)) return chosen(words, about, one, fields);
  const node =
    one.type === 4
      ? h(one.style === 2 ? "textarea" : "input", {
          class: "field",
          rows: one.style === 2 ? 4 : undefined,
          placeholder: one.placeholder,
          maxlength: one.max_length,
          value: one.value ?? "",
        })
      : select(one, names);
  node.id = id;
  node.removeAttribute("aria-label"); // its label names it
  const value = () =>
    one.type === 4 ? node.value : [...node.selectedOptions].map((option) => option.value).filter(Boolean);
  fields.push({ id: one.custom_id, value });
  return h(
    "div",
    { class: "block input" },
    h(
      "label",
      { for: id },
      words,
      one.required === false ? h("span", { class: "hint" }, " (optional)") : null,
    ),
    about ? h("p", { class: "hint" }, about) : null,
    node,
  );
}

const RADIO = 21;
const CHECKBOX = 23;
const CHOICES = new Set([RADIO, 22, CHECKBOX]);

/** A group of choices, or one box to tick. */
function chosen(words, about, one, fields) {
  const kind = one.type === RADIO ? "radio" : "checkbox";
  const options = one.type === CHECKBOX ? [{ label: words, value: "on", default: one.default }] : one.options;
  const boxes = options.map((option) =>
    h("input", { type: kind, name: one.custom_id, value: option.value, checked: Boolean(option.default) }),
  );
  const ticked = () => boxes.filter((box) => box.checked).map((box) => box.value);
  const value = () => (one.type === CHECKBOX ? ticked().length > 0 : ticked());
  fields.push({ id: one.custom_id, value });
  return h(
    "fieldset",
    { class: "block input" },
    one.type === CHECKBOX ? null : h("legend", {}, words),
    about ? h("p", { class: "hint" }, about) : null,
    boxes.map((box, at) => h("label", {}, box, ` ${options[at].label}`)),
  );
}

async function hand(pane, modal, fields, wrong) {
  wrong.textContent = "";
  const values = Object.fromEntries(fields.map((field) => [field.id, field.value()]));
  try {
    const told = await post("/_control/discord/submit", { user: pane.user, modal: modal.id, values });
    if (told.ok) await pane.refresh();
    else
      wrong.textContent =
        Object.values(told.errors ?? {})[0] ?? told.error ?? "Something went wrong. Try again.";
  } catch (error) {
    wrong.textContent = error.message;
  }
}
