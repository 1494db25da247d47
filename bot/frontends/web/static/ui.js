// Parts that the pages share: words, numbers, dates, tables, fields, dialogs, toasts.

import { h, icon, once } from "./dom.js";
import { Refused, address, get, post } from "./wire.js";

const TOAST_SECONDS = 9;

export const page = { hello: null, words: {}, server: "", language: "en" };

export async function begin() {
  page.hello = await get("/data/hello");
  page.words = page.hello.words;
  page.language = document.documentElement.lang || "en";
  const wanted = new URLSearchParams(location.search).get("server");
  const ids = page.hello.servers.map((one) => one.id);
  page.server = wanted !== null && ids.includes(wanted) ? wanted : page.hello.operator ? "" : ids[0] || "";
  return page;
}

export function w(name) {
  return page.words[name] ?? name;
}

export function count(value) {
  return new Intl.NumberFormat(page.language).format(value);
}

export function when(ms, style = { dateStyle: "medium", timeStyle: "short" }) {
  return new Intl.DateTimeFormat(page.language, style).format(new Date(ms));
}

export function stamp(ms) {
  return h("time", { datetime: new Date(ms).toISOString(), title: when(ms, { dateStyle: "full", timeStyle: "long" }) }, when(ms));
}

export function span(seconds) {
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

export function serverName(id) {
  return page.hello.servers.find((one) => one.id === id)?.name || id;
}

export function toast(text, kind = "") {
  const close = h("button", { type: "button", class: "icon-button small", "aria-label": w("close") }, icon("close"));
  const item = h("div", { class: `toast ${kind}` }, h("p", {}, text), close);
  const go = () => item.remove();
  close.addEventListener("click", go);
  document.getElementById("toasts").append(item);
  setTimeout(go, TOAST_SECONDS * 1000);
}

// Carries something out, once for each press; what goes wrong is said.
export function tell(work, button) {
  return once(button, async () => {
    try {
      return await work();
    } catch (error) {
      toast(error instanceof Refused ? error.message : w("unreached"), "refusal");
      return null;
    }
  });
}

export function act(path, body, button) {
  return tell(() => post(path, body), button);
}

export function button(label, onClick, { kind = "", name = "", pressed, describe } = {}) {
  const made = h("button", { type: "button", class: `button ${kind}`, "aria-pressed": pressed === undefined ? null : String(pressed), "aria-label": describe }, name ? icon(name) : "", label);
  made.addEventListener("click", () => onClick(made));
  return made;
}

export function pill(label, kind = "") {
  return h("span", { class: `state ${kind}` }, label);
}

export function muted(text) {
  return h("p", { class: "muted" }, text);
}

// A table; on a phone every row becomes a card whose cells carry their heading.
export function table(label, columns, rows, empty) {
  if (!rows.length) return muted(empty || w("nothing"));
  const shown = columns.filter(Boolean);
  const head = h("tr", {}, ...shown.map((column) => h("th", { scope: "col", class: column.number ? "number" : null }, column.label)));
  const body = rows.map((row) =>
    h("tr", {}, ...shown.map((column) => h("td", { class: column.number ? "number" : null, data: { label: column.label } }, ...[column.cell(row)].flat()))),
  );
  return h("div", { class: "table-wrap", tabindex: "0", role: "region", "aria-label": label }, h("table", {}, h("caption", { class: "unseen" }, label), h("thead", {}, head), h("tbody", {}, ...body)));
}

let fields = 0;

// One labelled field: { name, label, type, value, options, hint, required, min, max, list }.
export function field(spec) {
  fields += 1;
  const id = `field-${fields}`;
  const common = { id, name: spec.name, required: spec.required, "aria-describedby": spec.hint ? `${id}-hint` : null };
  let control;
  if (spec.options) {
    control = h("select", common, ...spec.options.map(([value, label]) => h("option", { value, selected: value === spec.value }, label)));
  } else {
    control = h("input", { ...common, type: spec.type || "text", value: spec.value ?? "", min: spec.min, max: spec.max, maxlength: spec.most, inputmode: spec.type === "number" ? "numeric" : null, list: spec.list ? `${id}-list` : null, placeholder: spec.placeholder, autocomplete: "off" });
  }
  const list = spec.list ? h("datalist", { id: `${id}-list` }, ...spec.list.map(([value, label]) => h("option", { value }, label))) : "";
  return h("div", { class: "field" }, h("label", { for: id }, spec.label), control, list, spec.hint ? h("small", { id: `${id}-hint`, class: "muted" }, spec.hint) : "");
}

// A form of fields; `onSubmit` gets the answers and the button.
export function form(label, specs, { submit, kind = "primary", onSubmit, onChange }) {
  const send = h("button", { type: "submit", class: `button ${kind}` }, submit);
  const made = h("form", { class: "form", "aria-label": label }, ...specs.map((spec) => (spec instanceof Node ? spec : field(spec))), h("div", { class: "field field-end" }, send));
  const answers = () => Object.fromEntries(new FormData(made));
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    onSubmit(answers(), send, made);
  });
  if (onChange) made.addEventListener("input", () => onChange(answers(), made));
  return made;
}

// Asks before something is done. Resolves with the answers of its fields, or null.
export function ask({ title, body = [], fields: specs = [], submit, kind = "primary", refused = "" }) {
  return new Promise((resolve) => {
    const cancel = h("button", { type: "button", class: "button" }, w("cancel"));
    const send = refused ? "" : h("button", { type: "submit", class: `button ${kind}` }, submit);
    const inner = h("form", { method: "dialog" }, h("h2", { id: "dialog-title" }, title), ...body, ...specs.map(field), refused ? h("p", { class: "refused" }, refused) : "", h("div", { class: "actions end" }, cancel, send));
    const dialog = h("dialog", { class: "dialog", "aria-labelledby": "dialog-title" }, inner);
    const end = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    cancel.addEventListener("click", () => end(null));
    dialog.addEventListener("cancel", () => setTimeout(() => end(null)));
    inner.addEventListener("submit", (event) => {
      event.preventDefault();
      end(Object.fromEntries(new FormData(inner)));
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

// Shows whom a change would touch, and makes it if that is agreed to.
export async function previewed(path, body, { title, submit, kind = "primary" }, pressed) {
  const preview = await act(path, { ...body, preview: true }, pressed);
  if (!preview) return false;
  const people = preview.people.length
    ? [
        h("p", { class: "muted small" }, `${w("would_touch")}: ${count(preview.people.length)}`),
        table(w("would_touch"), [
          { label: w("person"), cell: (one) => one.name },
          { label: w("before"), cell: (one) => one.before },
          { label: w("after"), cell: (one) => [one.after, one.short ? h("p", { class: "warn small" }, w("short")) : ""] },
          { label: w("used_head"), number: true, cell: (one) => count(one.used) },
        ], preview.people),
      ]
    : [];
  const agreed = await ask({ title, body: [...preview.lines.map((line) => h("p", {}, line)), ...people], submit, kind, refused: preview.refused });
  if (agreed === null) return false;
  const done = await act(path, body);
  if (done) toast(done.said);
  return Boolean(done);
}

// A list that grows: `load(before)` gives { items, more, next }, `draw(items)` all of them so far.
export function growing(load, draw) {
  const place = h("div", {});
  const more = h("button", { type: "button", class: "button", hidden: true }, w("more"));
  let items = [];
  let next = 0;
  const fetchNext = async () => {
    const got = await tell(() => load(next), more);
    if (!got) return;
    items = [...items, ...got.items];
    next = got.next;
    place.replaceChildren(draw(items));
    more.hidden = !got.more;
  };
  more.addEventListener("click", fetchNext);
  return { element: h("div", { class: "stack-gap" }, place, more), begin: fetchNext, again: () => ((items = []), (next = 0), fetchNext()) };
}

export function player(job, clip, label) {
  const path = (part) => address(`/chat/clips/${encodeURIComponent(job)}/${part}`);
  const video = h("video", { src: path("video"), poster: clip.poster ? path("poster") : null, controls: true, playsinline: true, preload: "metadata", width: clip.width, height: clip.height, "aria-label": label });
  if (clip.captions) video.append(h("track", { kind: "captions", src: path("captions"), srclang: page.language, label: w("captions") }));
  video.addEventListener("error", () => video.replaceWith(h("p", { class: "gone muted" }, icon("film"), w("gone"))));
  return video;
}

export { address, get, post, h, icon };
