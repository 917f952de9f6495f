// A Slack view as a sheet over the pane: filled in, submitted, or closed.

import { fill, h, icon } from "./dom.js";
import { post } from "./control.js";
import { blocks } from "./blocks.js";
import { textObject } from "./slack_text.js";

/** Show the topmost view, or take the sheet away. Drawn anew only when the view changes. */
export function showView(over, view, { pane, names }) {
  const mark = view ? JSON.stringify([view.id, view.hash, view.blocks, view.title]) : "";
  if (over.dataset.mark === mark) return;
  over.dataset.mark = mark;
  over.hidden = !view;
  over.replaceChildren();
  if (!view) return;
  const fields = [];
  const wrong = h("p", { class: "wrong", role: "alert" });
  const act = (element, value) => press(pane, view, element, value, wrong);
  const find = (element, value) =>
    post("/_control/slack/suggest", { user: pane.user, view: view.id, action_id: element.action_id, value });
  const body = blocks(view.blocks, { names, act, fields, find });
  const submit = h(
    "button",
    { type: "submit", class: "button primary" },
    view.submit ? textObject(view.submit, names) : "Submit",
  );
  const form = h(
    "form",
    {
      class: "sheet",
      role: "dialog",
      "aria-modal": "true",
      "aria-label": view.title?.text ?? "View",
      onsubmit: async (event) => {
        event.preventDefault();
        submit.disabled = true;
        try {
          await hand(pane, view, fields, form, wrong);
        } finally {
          submit.disabled = false;
        }
      },
      onkeydown: (event) => event.key === "Escape" && close(),
    },
    h(
      "header",
      {},
      h("h3", {}, textObject(view.title, names)),
      h(
        "button",
        { type: "button", class: "close", "aria-label": "Close", onclick: () => close() },
        icon("close"),
      ),
    ),
    h("div", { class: "sheet-body" }, body, wrong),
    h(
      "footer",
      {},
      h(
        "button",
        { type: "button", class: "button", onclick: () => close() },
        view.close ? textObject(view.close, names) : "Cancel",
      ),
      view.submit || fields.length ? submit : null,
    ),
  );
  const close = async () => {
    fill(over);
    over.hidden = true;
    await post("/_control/slack/close", { user: pane.user, view: view.id }).catch(() => undefined);
    await pane.refresh();
  };
  over.append(form);
  (form.querySelector(".sheet-body :is(input, textarea, select)") ?? submit).focus({ preventScroll: true });
}

async function hand(pane, view, fields, form, wrong) {
  const values = {};
  for (const field of fields) (values[field.block] ??= {})[field.action] = field.value();
  form.querySelectorAll(".wrong").forEach((one) => (one.textContent = ""));
  try {
    const told = await post("/_control/slack/submit", { user: pane.user, view: view.id, values });
    for (const [block, sentence] of Object.entries(told.errors ?? {})) {
      const place = form.querySelector(`[data-block="${CSS.escape(block)}"] .wrong`) ?? wrong;
      place.textContent = sentence;
    }
    if (told.ok === false && !told.errors) wrong.textContent = told.error ?? "That did not work.";
    if (told.ok !== false) await pane.refresh();
  } catch (error) {
    wrong.textContent = error.message;
  }
}

async function press(pane, view, element, value, wrong) {
  try {
    await post("/_control/slack/press", {
      user: pane.user,
      view: view.id,
      action_id: element.action_id,
      value,
    });
    await pane.refresh();
  } catch (error) {
    wrong.textContent = error.message;
  }
}
