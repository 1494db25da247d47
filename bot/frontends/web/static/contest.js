// A comparison: two to four clips played as one, with a single play head, blind until the reveal. Draws what the server
// says of it; whose clip is whose is not known here before.

import { h, icon } from "./dom.js";
import { Mixer } from "./mixer.js";
import { resultOf, votesOf } from "./votes.js";
import { address } from "./wire.js";

export class Contest {
  // `acts` ask the server and give back the new view: vote, draw, press.
  constructor(view, acts) {
    this.acts = acts;
    this.view = view;
    this.at = 0; // which of the drawn pairs is shown
    this.element = h("section", { class: "contest", tabindex: "0", data: { contest: view.id } });
    this.element.contest = this;
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.update(view);
  }

  path(part, query) {
    return address(`/chat/contests/${encodeURIComponent(this.view.id)}/${part}`, query);
  }

  update(view) {
    const before = this.view;
    this.view = view;
    this.element.dataset.state = view.state;
    this.element.setAttribute("aria-label", view.title);
    const letters = view.legs.filter((leg) => leg.ready).map((leg) => leg.letter).join("");
    if (!this.stage || this.letters !== letters) {
      this.mixer?.close();
      this.mixer = null;
      this.letters = letters;
      this.stage = letters.length > 1 ? this.players() : h("p", { class: "muted" }, view.status);
      this.head = h("div", { class: "contest-head" });
      this.states = h("ul", { class: "contest-legs" });
      this.below = h("div", { class: "contest-below" });
      this.element.replaceChildren(this.head, this.states, this.stage, this.below);
    }
    this.head.replaceChildren(
      h("p", { class: "lead" }, view.title),
      h("p", { class: "text", dir: "auto" }, view.prompt),
      letters.length > 1 && view.status ? h("p", { class: "muted small" }, view.status) : "",
    );
    // Clips that are still being made, and those that will not come.
    const others = view.legs.filter((leg) => !leg.ready);
    this.states.hidden = !others.length;
    this.states.replaceChildren(...others.map((leg) => h("li", {}, badge(leg.letter), h("span", { class: "muted small" }, [leg.name, leg.note].filter(Boolean).join(" · ")))));
    for (const leg of view.legs) this.name(leg);
    if (view.pairs.length > before.pairs.length) this.at = view.pairs.length - 1;
    this.at = Math.max(0, Math.min(this.at, view.pairs.length - 1));
    this.drawBelow();
  }

  drawBelow() {
    const { view } = this;
    const kept = document.activeElement?.closest?.(".contest-below") ? document.activeElement.dataset.focus : "";
    const parts = [];
    if (view.note) parts.push(h("p", { class: "muted small" }, view.note));
    if (view.state === "voting") parts.push(votesOf(view, this.at, { vote: (...given) => this.vote(...given), go: (to) => this.go(to) }));
    if (view.result.length) parts.push(resultOf(view));
    if (view.card.length) parts.push(this.card(view.card));
    const measured = view.state === "voting" && !view.card.length ? [h("button", { type: "button", class: "button", data: { focus: "card" }, on: { click: () => this.measure() } }, view.said.card)] : [];
    const links = [...measured, ...this.buttons(), ...(this.acts.page ? [this.acts.page(view)] : [])];
    if (links.length) parts.push(h("div", { class: "actions" }, ...links));
    this.below.replaceChildren(...parts);
    if (kept) this.below.querySelector(`[data-focus="${kept}"]`)?.focus();
    this.mark();
  }

  buttons() {
    return this.view.buttons.map(([action, target, label]) =>
      h("button", { type: "button", class: "button", data: { action, focus: `${action} ${target}` }, on: { click: (event) => this.acts.press(this, action, target, event.currentTarget) } }, label));
  }

  // Drawn once for what stands in it: it is the same picture until the names come.
  card(lines) {
    const { said } = this.view;
    const drawn = JSON.stringify(lines);
    if (this.drawn !== drawn) this.picture = h("img", { src: this.path("card", { drawn: Date.now() }), alt: said.card, loading: "lazy" });
    this.drawn = drawn;
    return h("figure", { class: "contest-card" }, this.picture,
      h("details", {}, h("summary", {}, said.card_text), h("ul", {}, ...lines.map((line) => h("li", {}, line)))));
  }

  // ---- players

  players() {
    const { view } = this;
    const { said } = view;
    const legs = view.legs.filter((leg) => leg.ready);
    this.tiles = new Map();
    const videos = legs.map((leg) => {
      const video = h("video", { src: this.path(`${leg.letter}/video`), muted: true, playsinline: true, preload: "auto", width: view.width, height: view.height, tabindex: "-1", "aria-hidden": "true", disablepictureinpicture: true });
      const name = h("p", { class: "contest-name" });
      const tile = h("div", { class: "contest-tile", data: { letter: leg.letter }, on: { click: () => this.hear(legs.indexOf(leg)) } }, video, badge(leg.letter));
      this.tiles.set(leg.letter, { tile, name, whole: h("div", {}, tile, name) });
      return video;
    });
    this.mixer = new Mixer(videos);
    this.play = h("button", { type: "button", class: "icon-button play", on: { click: () => this.toggle() } });
    this.slider = h("input", { type: "range", min: "0", max: view.seconds, step: "0.05", value: "0", "aria-label": said.head, on: { input: () => this.mixer.seek(Number(this.slider.value)) } });
    this.clock = h("span", { class: "time" });
    this.keys = legs.map((leg, number) =>
      h("button", { type: "button", class: "key", "aria-pressed": "false", "aria-keyshortcuts": String(number + 1), "aria-label": `${said.hear} ${leg.letter}`, data: { letter: leg.letter }, on: { click: () => this.hear(number) } }, leg.letter, h("kbd", { "aria-hidden": "true" }, String(number + 1))));
    this.ears = h("button", { type: "button", class: "button ears", "aria-pressed": "false", on: { click: () => this.listen() } }, icon("sound"), said.ears);
    this.news = h("p", { class: "unseen", role: "status" });
    this.rows = legs.map((leg) => this.trace(leg));
    this.mixer.addEventListener("time", () => this.move());
    this.mixer.addEventListener("state", () => this.state());
    this.mixer.addEventListener("heard", () => this.mark());
    this.state();
    return h("div", { class: "contest-stage" },
      h("div", { class: "contest-tiles", data: { count: legs.length } }, ...[...this.tiles.values()].map((one) => one.whole)),
      h("div", { class: "transport" }, this.play, this.slider, this.clock),
      h("div", { class: "switch", role: "group", "aria-label": said.sound }, h("span", { class: "muted small" }, said.sound), ...this.keys, this.ears),
      h("div", { class: "traces" }, ...this.rows),
      this.news);
  }

  // Where a press in a waveform leads: to that time of that clip.
  trace(leg) {
    const { said } = this.view;
    const pictures = h("div", { class: "trace-pictures", on: { click: (event) => {
      const box = pictures.getBoundingClientRect();
      this.hear(this.keys.findIndex((key) => key.dataset.letter === leg.letter));
      this.mixer.seek(((event.clientX - box.left) / box.width) * this.view.seconds);
    } } },
      h("img", { class: "wave", src: this.path(`${leg.letter}/wave`), alt: `${said.wave} ${leg.letter}`, loading: "lazy", draggable: "false" }),
      h("img", { class: "spectrum", src: this.path(`${leg.letter}/spectrum`), alt: `${said.spectrum} ${leg.letter}`, loading: "lazy", draggable: "false" }),
      h("i", { class: "trace-head" }));
    return h("div", { class: "trace", data: { letter: leg.letter } }, badge(leg.letter), pictures);
  }

  name(leg) {
    const there = this.tiles?.get(leg.letter);
    if (there) there.name.replaceChildren(...(leg.name ? [h("b", {}, leg.name), " ", leg.note] : [leg.note]));
  }

  toggle() {
    if (this.mixer.playing) this.mixer.pause();
    else this.mixer.play();
  }

  hear(number) {
    this.mixer.hear(number);
    this.mark();
    this.news.textContent = this.keys[this.mixer.heard].getAttribute("aria-label");
  }

  // Ears only: the pictures go away, the sound stays.
  listen() {
    const on = this.element.classList.toggle("ears-only");
    this.ears.setAttribute("aria-pressed", String(on));
  }

  state() {
    const { said } = this.view;
    const { playing } = this.mixer;
    this.play.replaceChildren(icon(playing ? "pause" : "play"));
    this.play.setAttribute("aria-label", playing ? said.pause : said.play);
    this.move();
  }

  move() {
    const time = Math.min(this.mixer.time, this.view.seconds);
    if (document.activeElement !== this.slider || this.mixer.playing) this.slider.value = String(time);
    const spoken = `${time.toFixed(1)} / ${this.view.seconds.toFixed(1)} s`;
    if (this.clock.textContent !== spoken) this.clock.textContent = spoken;
    // Read out only while somebody moves it.
    if (!this.mixer.playing) this.slider.setAttribute("aria-valuetext", spoken);
    this.stage?.style.setProperty("--at", String(this.view.seconds ? time / this.view.seconds : 0));
  }

  mark() {
    if (!this.mixer) return;
    const heard = this.keys[this.mixer.heard].dataset.letter;
    const pair = this.view.state === "voting" ? this.view.pairs[this.at] : null;
    for (const key of this.keys) key.setAttribute("aria-pressed", String(key.dataset.letter === heard));
    for (const row of this.rows) row.classList.toggle("heard", row.dataset.letter === heard);
    for (const [letter, { tile }] of this.tiles) {
      tile.classList.toggle("heard", letter === heard);
      tile.classList.toggle("aside", Boolean(pair) && letter !== pair.first && letter !== pair.second);
    }
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.mixer) return;
    if (event.target.closest?.("textarea, input:not([type=range], [type=radio]), select")) return;
    if (/^[1-4]$/.test(event.key) && this.keys[event.key - 1]) this.hear(event.key - 1);
    else if (event.key === " " && !event.target.closest("button, summary, input")) this.toggle();
    else return;
    event.preventDefault();
  }

  // The report card before everything is answered, for those who ask for it.
  measure() {
    this.wanted = true;
    this.acts.fresh(this);
  }

  // ---- votes

  async vote(question, pair, verdict) {
    await this.acts.vote(this, question, pair, verdict);
  }

  async go(to) {
    if (to < this.view.pairs.length) {
      this.at = Math.max(0, to);
      this.drawBelow();
    } else await this.acts.draw(this);
    this.below.querySelector("input:checked, input[type=radio]")?.focus({ preventScroll: true });
  }
}

export function badge(letter) {
  return h("span", { class: "badge-letter", data: { letter }, "aria-hidden": "true" }, letter);
}
