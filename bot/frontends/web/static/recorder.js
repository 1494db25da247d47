// Recording a voice note: level meter while it runs, length, play back, discard.

import { clock, h, icon } from "./dom.js";

const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
const BARS = 44;

export class Recorder {
  constructor({ place, words, uses, onReady, onTrouble, onState }) {
    this.place = place;
    this.words = words;
    this.uses = uses;
    this.onReady = onReady;
    this.onTrouble = onTrouble;
    this.onState = onState;
    this.recorder = null;
    this.note = null;
  }

  get running() {
    return this.recorder !== null;
  }

  async start() {
    if (this.running) return;
    this.discard();
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
    } catch {
      this.onTrouble(this.words.no_microphone);
      return;
    }
    const type = TYPES.find((one) => MediaRecorder.isTypeSupported(one)) || "";
    const chunks = [];
    this.recorder = new MediaRecorder(stream, type ? { mimeType: type } : {});
    this.recorder.addEventListener("dataavailable", (event) => event.data.size && chunks.push(event.data));
    this.recorder.addEventListener("stop", () => this.finish(chunks, stream));
    this.begun = performance.now();
    this.drawMeter(stream);
    this.recorder.start(250);
    this.onState(true);
  }

  stop() {
    if (this.running && this.recorder.state !== "inactive") this.recorder.stop();
  }

  toggle() {
    return this.running ? this.stop() : this.start();
  }

  drawMeter(stream) {
    const time = h("span", { class: "rec-time" }, "0:00");
    const canvas = h("canvas", { class: "meter", width: "440", height: "56", role: "img", "aria-label": this.words.recording });
    const stop = h("button", { type: "button", class: "icon-button stop", "aria-label": this.words.record_stop, title: this.words.record_stop, on: { click: () => this.stop() } }, icon("stop"));
    this.place.replaceChildren(h("span", { class: "rec-dot", "aria-hidden": "true" }), time, canvas, stop);
    this.place.hidden = false;
    this.context = new AudioContext();
    const analyser = this.context.createAnalyser();
    analyser.fftSize = 1024;
    this.context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const levels = new Array(BARS).fill(0);
    const ink = getComputedStyle(this.place).getPropertyValue("color");
    let last = 0;
    const draw = (now) => {
      if (!this.running) return;
      requestAnimationFrame(draw);
      if (now - last < 60) return;
      last = now;
      analyser.getFloatTimeDomainData(samples);
      const power = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
      levels.push(Math.min(1, power * 5));
      levels.shift();
      const pen = canvas.getContext("2d");
      pen.clearRect(0, 0, canvas.width, canvas.height);
      pen.fillStyle = ink;
      levels.forEach((level, n) => {
        const tall = 4 + level * (canvas.height - 4);
        pen.fillRect((n * canvas.width) / BARS + 2, (canvas.height - tall) / 2, canvas.width / BARS - 5, tall);
      });
      time.textContent = clock((performance.now() - this.begun) / 1000);
    };
    requestAnimationFrame(draw);
  }

  finish(chunks, stream) {
    const seconds = (performance.now() - this.begun) / 1000;
    stream.getTracks().forEach((track) => track.stop());
    this.context?.close();
    const type = this.recorder.mimeType.split(";")[0];
    this.recorder = null;
    this.onState(false);
    if (!chunks.length) return this.discard();
    const ending = { "audio/webm": "webm", "audio/mp4": "m4a", "audio/ogg": "ogg" }[type] || "webm";
    this.note = { file: new File(chunks, `voice-note.${ending}`, { type }), option: "audio", seconds };
    this.showNote();
    return this.onReady();
  }

  showNote() {
    const source = URL.createObjectURL(this.note.file);
    const audio = new Audio(source);
    const face = h("span", {}, icon("play"));
    const play = h("button", { type: "button", class: "icon-button", "aria-label": this.words.record_play, on: { click: () => (audio.paused ? audio.play() : audio.pause()) } }, face);
    const told = (name, label) => () => {
      face.replaceChildren(icon(name));
      play.setAttribute("aria-label", label);
    };
    audio.addEventListener("play", told("pause", this.words.record_pause));
    audio.addEventListener("pause", told("play", this.words.record_play));
    const drop = h("button", { type: "button", class: "icon-button", "aria-label": this.words.record_discard, title: this.words.record_discard, on: { click: () => this.discard() } }, icon("trash"));
    this.place.replaceChildren(play, h("span", { class: "rec-label" }, this.words.record_ready), h("span", { class: "rec-time" }, clock(this.note.seconds)), h("span", { class: "grow" }), this.uses(this.words.record_ready) || "", drop);
    this.place.hidden = false;
    this.audio = audio;
    this.source = source;
  }

  take() {
    const { note } = this;
    this.discard();
    return note;
  }

  discard() {
    this.audio?.pause();
    if (this.source) URL.revokeObjectURL(this.source);
    this.audio = this.source = this.note = null;
    this.place.hidden = true;
    this.place.replaceChildren();
    this.onReady();
  }
}
