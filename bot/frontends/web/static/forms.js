// Questions of the bot as a form inside a message. What they are and what their answers mean is the server's.

import { h, once } from "./dom.js";

let made = 0;

function plainField(field, id) {
  const common = { id, name: field.name, required: field.required, maxlength: field.most || null };
  if (field.choices.length) {
    return h("select", { id, name: field.name, required: field.required }, ...field.choices.map((one) =>
      h("option", { value: one.value, selected: one.value === field.value }, one.hint ? `${one.label} · ${one.hint}` : one.label)));
  }
  if (field.long) {
    const lines = field.value.split("\n").length + 1;
    const area = h("textarea", { ...common, rows: Math.min(10, Math.max(field.value.length > 160 ? 5 : 3, lines)), class: "form-text" });
    area.value = field.value;
    area.setSelectionRange(0, 0);
    return area;
  }
  return h("input", { ...common, type: "text", value: field.value, autocomplete: "off" });
}

// One question with few answers: all of them are seen at once.
function cards(field) {
  made += 1;
  const group = `choice-${made}`;
  return h("fieldset", { class: "choices" }, h("legend", {}, field.label), ...field.choices.map((one, n) =>
    h("label", { class: "choice" }, h("input", { type: "radio", name: field.name, value: one.value, required: true, checked: one.value === field.value || (!field.value && n === 0), id: `${group}-${n}` }),
      h("span", { class: "choice-name" }, one.label), one.hint ? h("span", { class: "choice-hint" }, one.hint) : "")));
}

export function formOf(view, { words, onSubmit, onCancel }) {
  const single = view.fields.length === 1 && view.fields[0].choices.length > 0;
  const fields = view.fields.map((field) => {
    if (single) return cards(field);
    made += 1;
    const id = `answer-${made}`;
    return h("div", { class: field.long ? "answer wide" : "answer" }, h("label", { for: id }, field.label), plainField(field, id));
  });
  // What there is to know about the answers, said with the first of them.
  made += 1;
  const help = view.help?.length ? h("div", { class: "form-help", id: `help-${made}` }, ...view.help.map((line) => h("p", {}, line))) : "";
  if (help && !single) fields[0].querySelector("input, select, textarea").setAttribute("aria-describedby", help.id);
  const said = h("p", { class: "form-said", role: "alert", hidden: true });
  const send = h("button", { type: "submit", class: "button primary" }, view.submit);
  const cancel = onCancel ? h("button", { type: "button", class: "button", on: { click: () => onCancel() } }, words.form_cancel) : "";
  const form = h("form", { class: "asked", "aria-label": view.title }, h("p", { class: "lead" }, view.title), help, h("div", { class: "answers" }, ...fields), said, h("div", { class: "actions" }, send, cancel));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    said.hidden = true;
    const trouble = await once(send, () => onSubmit(Object.fromEntries(new FormData(form))));
    if (!trouble) return;
    said.textContent = trouble;
    said.hidden = false;
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !onCancel) return;
    event.stopPropagation();
    onCancel();
  });
  return form;
}
