// The input: words, suggestions, files, voice note, what is answered. Says what is to be sent, sends nothing.

import { h, icon } from "./dom.js";
import { Recorder } from "./recorder.js";
import { commandOf, suggest } from "./suggest.js";

const PLACES = {
  image: ["image", "last_image", "references"],
  audio: ["audio", "references"],
  video: ["video", "audio", "references"],
};

export class Composer {
  constructor({ words, hello, models, jobs, bubbles, onSend, onTrouble }) {
    Object.assign(this, { words, hello, models, jobs, bubbles, onSend, onTrouble });
    for (const name of ["composer", "words", "suggestions", "chips", "replying", "recorder", "attach", "options", "record", "send", "picker", "hint"]) {
      this[`$${name}`] = document.getElementById(name);
    }
    for (const name of ["attach", "options", "record", "send"]) this[`$${name}`].append(icon(name));
    this.files = [];
    this.reply = null;
    this.offered = null;
    this.chosen = -1;
    this.pickFor = null;
    this.busy = false;
    this.note = new Recorder({
      place: this.$recorder, words, uses: (name) => this.uses(name),
      onReady: () => this.refresh(),
      onTrouble,
      onState: (running) => {
        this.$record.classList.toggle("on", running);
        this.$record.setAttribute("aria-label", running ? words.record_stop : words.record);
        this.refresh();
      },
    });
    if (!navigator.mediaDevices || !window.MediaRecorder) this.$record.hidden = true;
    this.listen();
    this.restore();
    this.refresh();
  }

  listen() {
    const box = this.$words;
    box.addEventListener("input", () => {
      this.refresh();
      this.offer();
      this.estimate();
    });
    box.addEventListener("keydown", (event) => this.key(event));
    box.addEventListener("blur", () => setTimeout(() => this.close(), 120));
    box.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files || [])];
      if (files.length) {
        event.preventDefault();
        this.add(files);
      }
    });
    this.$composer.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.$attach.addEventListener("click", () => this.pick(null));
    this.$picker.addEventListener("change", () => {
      this.add([...this.$picker.files], this.pickFor);
      this.$picker.value = "";
    });
    this.$options.addEventListener("click", () => {
      const text = box.value;
      if (!/(^|\s)--$/.test(text)) box.value = `${text}${text && !/\s$/.test(text) ? " " : ""}--`;
      box.focus();
      box.setSelectionRange(box.value.length, box.value.length);
      this.refresh();
      this.offer();
    });
    addEventListener("resize", () => this.refresh());
    this.$record.addEventListener("click", () => this.note.toggle());
  }

  pick(option) {
    this.pickFor = option;
    this.$picker.click();
  }

  restore() {
    try {
      this.$words.value = sessionStorage.getItem("draft") || "";
    } catch {
      // Without storage a reload forgets the draft.
    }
  }

  refresh() {
    const box = this.$words;
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 220)}px`;
    const something = box.value.trim() || this.files.length || this.note?.note || this.note?.running;
    this.$send.disabled = this.busy || !something;
    try {
      sessionStorage.setItem("draft", box.value);
    } catch {
      // As above.
    }
  }

  // What is typed so far would cost this; where nothing is typed, how to type.
  estimate() {
    const typed = this.$words.value;
    clearTimeout(this.estimating);
    if (!typed.trim() || /^\/(?!generate\b)/.test(typed)) return this.showPrice({});
    this.estimating = setTimeout(async () => {
      const found = await this.models.price(typed).catch(() => ({}));
      if (this.$words.value === typed) this.showPrice(found);
      if (this.$use?.isConnected) this.limitUses();
    }, 300);
    return undefined;
  }

  showPrice({ text, ok }) {
    this.$hint.textContent = text || this.words.hint;
    this.$hint.title = text || "";
    this.$hint.className = !text ? "hint" : ok ? "hint said" : "hint said off";
  }

  // ---- files

  add(files, option = null) {
    for (const file of files) {
      if (this.files.length >= this.hello.files) {
        this.onTrouble(this.words.too_many_files);
        break;
      }
      if (file.size > this.hello.file_bytes) {
        this.onTrouble(`${file.name}: ${this.words.too_large_file}`);
        continue;
      }
      const kind = file.type.split("/")[0] in PLACES ? file.type.split("/")[0] : "video";
      const taken = new Set(this.files.map((one) => one.option));
      const places = PLACES[kind];
      const wanted = option || places.find((place) => place === "references" || !taken.has(place)) || places[0];
      this.files.push({ file, kind, option: wanted, source: kind === "image" ? URL.createObjectURL(file) : null });
    }
    this.drawChips();
    this.$words.focus();
  }

  drawChips() {
    this.$chips.hidden = !this.files.length;
    this.$chips.replaceChildren(
      ...this.files.map((one) => {
        const places = [...new Set([...PLACES[one.kind], one.option])];
        const select = h(
          "select",
          { "aria-label": `${this.words.use_as}: ${one.file.name}`, on: { change: (event) => { one.option = event.target.value; this.drawChips(); } } },
          ...places.map((place) => h("option", { value: place, selected: place === one.option }, place.replaceAll("_", " "))),
        );
        const remove = h("button", {
          type: "button", class: "icon-button small", "aria-label": `${this.words.remove_file}: ${one.file.name}`,
          on: { click: () => { this.files = this.files.filter((other) => other !== one); this.drawChips(); this.$words.focus(); } },
        }, icon("close"));
        const face = one.source ? h("img", { src: one.source, alt: "" }) : h("span", { class: "chip-icon" }, icon(one.kind === "audio" ? "sound" : "film"));
        const uses = one.option === "audio" ? this.uses(one.file.name) : null;
        return h("li", { class: "chip" }, face, h("span", { class: "chip-name" }, one.file.name), select, uses, remove);
      }),
    );
    this.refresh();
  }

  // What the recording is for: written into the words, where it can be read and changed like any option.
  uses(name) {
    const generate = this.hello.commands.find((one) => one.name === "generate");
    const known = generate?.options.find((one) => one.name === "audio_as");
    if (!known) return null;
    const given = /(?:^|\s)--audio[_-]as[ =](\w+)/.exec(this.$words.value)?.[1] || known.choices[0];
    const change = (event) => {
      const rest = this.$words.value.replace(/(?:^|\s)--audio[_-]as[ =]\w*/, "").trimEnd();
      const use = `--audio_as ${event.target.value}`;
      this.fill(rest ? `${rest} ${use}` : `${use} `);
    };
    const select = h(
      "select", { "aria-label": `${this.words.used_as}: ${name}`, on: { change } },
      ...known.choices.map((use) => h("option", { value: use, selected: use === given }, this.words[`use_${use}`])),
    );
    this.$use = select;
    this.limitUses();
    return select;
  }

  // What the model that is meant cannot do with a recording is not offered.
  async limitUses() {
    const typed = this.$words.value;
    const found = await this.models.uses(typed).catch(() => []);
    if (this.$words.value !== typed) return;
    for (const use of found) {
      const one = [...this.$use.options].find((option) => option.value === use.value);
      if (!one) continue;
      one.hidden = one.disabled = !use.usable && !one.selected;
      one.title = use.note;
    }
  }

  answer(message) {
    this.reply = message;
    this.$replying.hidden = !message;
    if (!message) {
      this.$replying.replaceChildren();
      return;
    }
    const stop = h("button", { type: "button", class: "icon-button small", "aria-label": this.words.reply_cancel, on: { click: () => this.answer(null) } }, icon("close"));
    this.$replying.replaceChildren(icon("reply"), h("span", { class: "grow" }, `${this.words.replying} `, h("b", {}, this.bubbles.summary(message))), stop);
    this.$words.focus();
  }

  // ---- suggestions

  offer() {
    const box = this.$words;
    const before = box.value.slice(0, box.selectionStart);
    const then = () => document.activeElement === box && this.offer();
    const wantsModels = /--model[ =]\S*$|^\/models \S*$/.test(before);
    if (wantsModels) this.models.freshen(box.value, then);
    const wanted = /--(seconds|aspect|resolution|audio_as)[ =]\S*$/.exec(before);
    if (wanted) this.models.choose(wanted[1], before.slice(0, wanted.index), then);
    this.draw(before);
  }

  draw(before) {
    const offered = suggest(before, { commands: this.hello.commands, models: this.models.list, jobs: this.jobs(), choices: this.models.choices });
    if (!offered) return this.close();
    this.offered = { ...offered, before };
    this.chosen = Math.max(0, offered.items.findIndex((item) => item.usable));
    this.$suggestions.replaceChildren(
      ...offered.items.map((item, n) =>
        h("div", {
          id: `suggestion-${n}`, role: "option", class: item.usable ? "suggestion" : "suggestion off", "aria-disabled": item.usable ? null : "true",
          on: { mousedown: (event) => { event.preventDefault(); this.take(n); } },
        }, h("span", { class: "name" }, item.label, item.extra ? h("small", {}, item.extra) : ""), h("span", { class: item.price && item.usable ? "price" : "note" }, item.note)),
      ),
    );
    this.$suggestions.hidden = false;
    this.$words.setAttribute("aria-expanded", "true");
    this.mark();
    return undefined;
  }

  mark() {
    [...this.$suggestions.children].forEach((item, n) => {
      item.setAttribute("aria-selected", n === this.chosen ? "true" : "false");
      if (n === this.chosen) item.scrollIntoView({ block: "nearest" });
    });
    this.$words.setAttribute("aria-activedescendant", `suggestion-${this.chosen}`);
  }

  take(n) {
    const item = this.offered.items[n];
    const box = this.$words;
    const end = box.selectionStart;
    const { from } = this.offered;
    if (!item.usable) return;
    if (box.value.slice(0, end) !== this.offered.before) {
      this.offer(); // the words have changed since these were offered
      return;
    }
    box.setRangeText(item.pick ? "" : item.value, from, end, "end");
    this.close();
    this.refresh();
    this.estimate();
    if (item.pick) this.pick(item.pick);
    else this.offer();
  }

  close() {
    this.offered = null;
    this.$suggestions.hidden = true;
    this.$suggestions.replaceChildren();
    this.$words.setAttribute("aria-expanded", "false");
    this.$words.removeAttribute("aria-activedescendant");
  }

  key(event) {
    if (event.isComposing) return;
    if (this.offered) {
      const count = this.offered.items.length;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        this.chosen = (this.chosen + (event.key === "ArrowDown" ? 1 : count - 1)) % count;
        this.mark();
        return;
      }
      // A command that is complete is sent by Enter; what is half typed is completed by it.
      if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey && !this.complete())) {
        event.preventDefault();
        this.take(this.chosen);
        return;
      }
      if (event.key === "Escape") {
        event.preventDefault();
        this.close();
        return;
      }
    }
    if (event.key === "Escape" && this.reply) this.answer(null);
    if (event.key === "ArrowUp" && !this.$words.value) {
      const last = this.bubbles.all().filter((message) => message.mine && message.text).pop();
      if (last) {
        event.preventDefault();
        this.fill(last.text);
      }
    }
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    }
  }

  complete() {
    const text = this.$words.value;
    const known = commandOf(text, this.hello.commands);
    if (!known || !text.startsWith("/") || /--[\w-]*$|--[\w-]+[ =]\S*$/.test(text)) return false;
    return text.trim() === `/${known.command.name}` && !known.command.options.some((option) => option.required);
  }

  // ---- sending

  fill(text) {
    this.$words.value = text;
    this.refresh();
    this.estimate();
    this.$words.focus();
  }

  async send() {
    if (this.busy) return;
    if (this.note.running) {
      const ended = new Promise((resolve) => this.note.recorder.addEventListener("stop", () => setTimeout(resolve, 0)));
      this.note.stop();
      await ended;
    }
    const text = this.$words.value.trim();
    const note = this.note.note;
    if (!text && !this.files.length && !note) return;
    this.close();
    this.busy = true;
    // Cleared at once, so that what is typed meanwhile is not lost; it comes back if this cannot be sent.
    this.$words.value = "";
    this.refresh();
    this.estimate();
    const files = [...this.files, ...(note ? [note] : [])];
    const done = await this.onSend({ text, files, reply: this.reply });
    this.busy = false;
    if (done) {
      this.files.forEach((one) => one.source && URL.revokeObjectURL(one.source));
      this.files = [];
      this.note.discard();
      this.answer(null);
      this.drawChips();
    } else if (!this.$words.value) this.$words.value = text;
    this.refresh();
    this.$words.focus();
  }
}
