// Drawing messages. A bubble is drawn once and then changed in place, so that a playing clip goes on playing.

import { Contest } from "./contest.js";
import { contestPath } from "./contest_acts.js";
import { clock, h, icon } from "./dom.js";
import { formOf } from "./forms.js";
import { address, get } from "./wire.js";

const STAGES = ["queued", "making", "checking", "done"];
const STAGE_OF = {
  queued: 0, voicing: 1, submitting: 1, uncertain: 1, polling: 1, late: 1, no_room: 1, fetching: 2, scoring: 2, processing: 2, posting: 2,
};
const ICONS = {
  again: "again", details: "details", edit: "edit", "edit-clip": "edit", "other-model": "model", "new-sound": "sound",
  extend: "extend", upscale: "upscale", original: "download", delete: "trash", show: "film",
};
const PASSING = new Set(["working", "progress"]); // not yet something to answer

export class Bubbles {
  constructor({ list, words, onPress, onSubmit, onReply, contestActs }) {
    this.list = list;
    this.words = words;
    this.onPress = onPress;
    this.onSubmit = onSubmit;
    this.onReply = onReply;
    this.contestActs = contestActs;
    this.known = new Map();
    setInterval(() => this.tick(), 1000);
  }

  get(id) {
    return this.known.get(id)?.message;
  }

  all() {
    return [...this.known.values()].map((entry) => entry.message);
  }

  // Puts a message where it belongs; returns whether it is new.
  show(message) {
    const entry = this.known.get(message.id);
    if (entry) {
      if (entry.message.changed > message.changed) return false;
      entry.message = message;
      this.fill(entry);
      return false;
    }
    const item = h("li", { class: message.mine ? "row mine" : "row", data: { id: message.id, place: message.place } });
    const made = { message, item, body: null, video: null, details: null, drawn: "" };
    this.known.set(message.id, made);
    const after = [...this.list.children].reverse().find((other) => Number(other.dataset.place) < message.place);
    if (after) after.after(item);
    else this.list.prepend(item);
    this.fill(made);
    return true;
  }

  fill(entry) {
    const { message, item } = entry;
    item.dataset.kind = message.kind;
    if (message.kind === "progress" && entry.progress?.isConnected) return this.move(entry);
    if (message.kind === "clip" && entry.video?.isConnected) return undefined;
    if (message.kind === "contest" && entry.contest?.isConnected) return this.freshen(entry);
    entry.progress = null;
    const body = message.mine ? this.sent(message) : this[message.kind === "list" ? "notice" : message.kind](entry);
    item.replaceChildren(body);
    if (!PASSING.has(message.kind)) item.append(this.replyButton(message));
    return undefined;
  }

  sent(message) {
    const body = h("div", { class: "bubble sent" });
    const answered = message.reply_to && this.get(message.reply_to);
    if (answered) body.append(h("p", { class: "quoted" }, icon("reply"), this.summary(answered)));
    if (message.files.length) body.append(h("div", { class: "files" }, ...message.files.map((file, n) => this.file(message, file, n))));
    if (message.text) body.append(h("p", { class: "text", dir: "auto" }, ...this.typed(message.text)));
    return body;
  }

  // What was typed, with command and options set apart.
  typed(text) {
    return text.split(/(^\/[a-z]+|(?<=\s)--[a-z_-]+(?:[ =](?!--)[^\s"]+)?)/i).map((part) => (/^(--|\/)[a-z]/i.test(part) ? h("span", { class: "opt" }, part) : part));
  }

  file(message, file, number) {
    const source = address(`/chat/files/${encodeURIComponent(message.id)}/${number}`);
    if (!file.kept) return h("span", { class: "file-name" }, icon("film"), file.name);
    const on = { error: (event) => event.target.replaceWith(this.gone(file.name)) };
    if (file.kind === "image") return h("img", { class: "thumb", src: source, alt: `${this.words.picture_label} ${file.name}`, loading: "lazy", on });
    if (file.kind === "video") return h("video", { class: "thumb", src: source, controls: true, preload: "metadata", "aria-label": file.name, on });
    return h("audio", { class: "voice", src: source, controls: true, preload: "metadata", "aria-label": file.name, on });
  }

  gone(name) {
    return h("span", { class: "file-name" }, icon("film"), `${name} · ${this.words.file_gone}`);
  }

  working() {
    return h("div", { class: "bubble bot slim" }, h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), h("span", { class: "muted" }, this.words.working));
  }

  notice({ message }) {
    const [first, ...rest] = message.lines;
    const body = h("div", { class: "bubble bot" });
    if (first) body.append(h("p", { class: message.rows.length && first.length < 60 ? "lead" : "text" }, first));
    body.append(...rest.map((line) => h("p", { class: "text" }, line)));
    if (message.rows.length) body.append(h("ul", { class: "rows" }, ...message.rows.map((row) => this.rowOf(row))));
    if (message.file?.seen) body.append(h("img", { class: "drawn", src: address(message.file.path), alt: message.file.alt, on: { error: (event) => event.target.replaceWith(this.gone(message.file.name)) } }));
    if (message.file) body.append(h("div", { class: "actions" }, h("a", { class: "button", href: address(message.file.path), download: message.file.name }, icon("download"), message.file.name)));
    body.append(this.buttons(message));
    return body;
  }

  form({ message }) {
    return h("div", { class: "bubble bot" }, formOf(message.form, { words: this.words, onSubmit: (values) => this.onSubmit(message, message.form, values) }));
  }

  rowOf(row) {
    const [first, ...rest] = row.split(/(?: · |: (?=\S))/);
    const command = /^\/[a-z][a-z ]*$/.test(first);
    if (!command) return h("li", {}, row);
    return h("li", {}, h("code", {}, first), " ", h("span", { class: "muted" }, rest.join(" · ")));
  }

  refusal({ message }) {
    const [first, ...rest] = message.lines;
    return h("div", { class: "bubble bot refusal" }, h("p", { class: "text" }, first || ""), ...rest.map((line) => h("p", { class: "muted small" }, line)), this.buttons(message));
  }

  quote({ message }) {
    const [first, ...rest] = message.lines;
    return h("div", { class: "bubble bot quote" }, h("p", { class: "lead" }, first || ""), ...rest.map((line) => h("p", { class: "text small" }, line)), this.buttons(message));
  }

  progress(entry) {
    const { message } = entry;
    const [first, ...rest] = message.head;
    entry.line = h("p", { class: "now" });
    entry.bar = h("div", { class: "bar", role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100" }, h("i"));
    entry.steps = h("ol", { class: "steps", "aria-hidden": "true" }, ...STAGES.map((stage) => h("li", {}, this.words[`stage_${stage}`])));
    entry.time = h("span", { class: "time" });
    entry.actions = h("div", { class: "actions" });
    entry.head = h("div", { class: "head" }, first ? h("p", { class: "lead" }, first) : "", ...rest.map((line) => h("p", { class: "muted small" }, line)));
    entry.progress = h("div", { class: "bubble bot making" }, entry.head, h("div", { class: "stage" }, entry.steps, entry.bar, h("div", { class: "stage-line" }, entry.line, entry.time)), entry.actions);
    this.move(entry);
    return entry.progress;
  }

  move(entry) {
    const { message } = entry;
    const view = message.progress || { stage: "queued", fraction: null, waited: 0 };
    const at = STAGE_OF[view.stage] ?? 1;
    const [first, ...rest] = message.head;
    if (entry.head.childElementCount !== message.head.length) {
      entry.head.replaceChildren(...(first ? [h("p", { class: "lead" }, first)] : []), ...rest.map((line) => h("p", { class: "muted small" }, line)));
    }
    [...entry.steps.children].forEach((step, n) => {
      step.className = n < at ? "past" : n === at ? "here" : "";
    });
    const said = message.lines[0] || this.words[`stage_${STAGES[at]}`];
    entry.line.textContent = said;
    entry.bar.setAttribute("aria-label", said);
    entry.bar.classList.toggle("open", view.fraction === null);
    if (view.fraction === null) entry.bar.removeAttribute("aria-valuenow");
    else entry.bar.setAttribute("aria-valuenow", Math.round(view.fraction * 100));
    entry.bar.firstChild.style.width = view.fraction === null ? "" : `${Math.round(view.fraction * 100)}%`;
    entry.since = Date.now() - view.waited * 1000;
    const wanted = JSON.stringify(message.buttons);
    if (entry.drawn !== wanted) {
      entry.drawn = wanted;
      entry.actions.replaceChildren(...this.buttonsOf(message));
    }
    this.tick(entry);
  }

  tick(only) {
    for (const entry of only ? [only] : this.known.values()) {
      if (entry.progress?.isConnected || only) entry.time.textContent = `${clock((Date.now() - entry.since) / 1000)} ${this.words.elapsed}`;
    }
  }

  clip(entry) {
    const { message } = entry;
    const { clip, job } = message;
    const path = (part) => address(`/chat/clips/${encodeURIComponent(job)}/${part}`);
    const [first, ...rest] = message.lines;
    entry.video = h("video", {
      src: path("video"), poster: clip.poster ? path("poster") : null, controls: true, playsinline: true, preload: "metadata",
      width: clip.width, height: clip.height, "aria-label": `${this.words.clip_label}: ${first || ""}`,
    });
    entry.video.addEventListener("error", () => entry.video.parentElement?.replaceWith(this.gone(clip.name)));
    if (clip.captions) this.caption(entry.video, path("captions"));
    const save = h("a", { class: "button", href: address(`/chat/clips/${encodeURIComponent(job)}/video`, { download: "1" }), download: clip.name }, icon("download"), this.words.download);
    entry.details = h("div", { class: "details", hidden: true });
    return h(
      "div", { class: "bubble bot clip" },
      h("div", { class: clip.height > clip.width ? "frame tall" : "frame" }, entry.video),
      h("p", { class: "lead" }, first || ""),
      ...rest.map((line) => h("p", { class: "muted small" }, line)),
      h("div", { class: "actions" }, ...this.clipButtons(message, save)),
      entry.details,
    );
  }

  contest(entry) {
    entry.contest = h("div", { class: "bubble bot compare" }, h("p", { class: "lead" }, entry.message.lines[0] || ""));
    this.freshen(entry);
    return entry.contest;
  }

  // The server is asked how the comparison looks now, and once more when what it has just said is written down.
  async freshen(entry, again = true) {
    clearTimeout(entry.timer);
    try {
      const view = await get(contestPath(entry.message.contest, entry.shown));
      if (!entry.shown) {
        entry.shown = new Contest(view, this.contestActs);
        entry.contest.replaceChildren(entry.shown.element);
      } else if (JSON.stringify(view) !== JSON.stringify(entry.shown.view)) entry.shown.update(view);
      if (again) entry.timer = setTimeout(() => this.freshen(entry, false), 1500);
      else if (view.state === "voting") entry.timer = setTimeout(() => this.freshen(entry, false), 30_000);
    } catch {
      entry.timer = setTimeout(() => this.freshen(entry, again), 5000);
    }
  }

  async caption(video, source) {
    try {
      const text = await (await fetch(source)).text();
      if (!text.includes("-->")) return;
      const language = document.documentElement.lang;
      video.append(h("track", { kind: "captions", src: source, srclang: language, label: this.words.captions_label }));
    } catch {
      // A clip without captions still plays.
    }
  }

  // Saving goes before what takes the clip away.
  clipButtons(message, save) {
    const found = this.buttonsOf(message);
    const last = message.buttons.at(-1)?.[0] === "delete" ? found.splice(-1) : [];
    return [...found, save, ...last];
  }

  buttons(message) {
    const found = this.buttonsOf(message);
    return found.length ? h("div", { class: "actions" }, ...found) : "";
  }

  buttonsOf(message) {
    return message.buttons.map(([action, target, label]) =>
      h("button", {
        type: "button", class: action === "confirm" ? "button primary" : "button", data: { action },
        on: { click: (event) => this.onPress(message, action, target, event.currentTarget) },
      }, ICONS[action] ? icon(ICONS[action]) : "", label),
    );
  }

  replyButton(message) {
    return h("button", {
      type: "button", class: "icon-button small reply", data: { action: "reply" }, title: this.words.reply,
      "aria-label": `${this.words.reply}: ${this.summary(message).slice(0, 80)}`, on: { click: () => this.onReply(message) },
    }, icon("reply"));
  }

  // What Details said, under the clip; pressed again it goes away.
  detail(message, said, button) {
    const entry = this.known.get(message.id);
    const place = entry?.details;
    if (!place) return;
    place.replaceChildren(h("ul", {}, ...[...said.lines, ...said.rows].map((line) => h("li", {}, line))));
    place.hidden = false;
    button.setAttribute("aria-expanded", "true");
  }

  // A form that a button brought, under its message.
  ask(message, view, button) {
    const entry = this.known.get(message.id);
    if (!entry) return;
    entry.asked?.remove();
    const end = () => {
      entry.asked?.remove();
      entry.asked = null;
      button.focus();
    };
    const form = formOf(view, {
      words: this.words,
      onCancel: end,
      onSubmit: async (values) => {
        const trouble = await this.onSubmit(message, view, values);
        if (!trouble) end();
        return trouble;
      },
    });
    entry.asked = h("div", { class: "details" }, form);
    entry.item.querySelector(".bubble").append(entry.asked);
    form.querySelector("textarea, input, select").focus();
    entry.asked.scrollIntoView({ block: "nearest" });
  }

  detailsShown(message) {
    const place = this.known.get(message.id)?.details;
    return place && !place.hidden ? place : null;
  }

  summary(message) {
    if (message.mine) return message.text || message.files.map((file) => file.name).join(", ");
    return message.lines[0] || "";
  }
}
