// Several clips as one: started, stopped and moved together, and one of them is heard. All sound goes through gains, so
// that another clip is heard without a gap.

const FADE_SECONDS = 0.015;
const STEER_MS = 60;
const CLOSE_SECONDS = 0.012; // nearer than this to the clip that is heard, a clip runs at its own speed
const FAR_SECONDS = 0.25; // further away it jumps
const MOST_STEERING = 0.25; // of its speed; nobody hears it, as only silent clips are steered

export class Mixer extends EventTarget {
  constructor(videos) {
    super();
    this.videos = videos;
    this.heard = 0;
    this.playing = false;
    this.waiting = new Set();
    this.context = null;
    this.gains = [];
    for (const video of videos) {
      video.addEventListener("waiting", () => this.hold(video));
      video.addEventListener("canplay", () => this.release(video));
      video.addEventListener("ended", () => this.ended(video));
    }
  }

  // The clip that is heard: all others keep to its time.
  get lead() {
    return this.videos[this.heard];
  }

  get time() {
    return this.lead.currentTime;
  }

  // Browsers let sound begin with a press only, so this is first called by one.
  open() {
    if (this.context) return;
    this.context = new AudioContext({ latencyHint: "interactive" });
    this.gains = this.videos.map((video, number) => {
      const gain = this.context.createGain();
      gain.gain.value = number === this.heard ? 1 : 0;
      this.context.createMediaElementSource(video).connect(gain);
      gain.connect(this.context.destination);
      video.muted = false;
      return gain;
    });
  }

  hear(number) {
    if (number === this.heard || !this.videos[number]) return;
    this.heard = number;
    this.lead.playbackRate = 1;
    const now = this.context?.currentTime;
    this.gains.forEach(({ gain }, at) => {
      gain.cancelScheduledValues(now);
      gain.setValueAtTime(gain.value, now);
      gain.linearRampToValueAtTime(at === number ? 1 : 0, now + FADE_SECONDS);
    });
    this.dispatchEvent(new Event("heard"));
  }

  async play() {
    if (this.playing) return;
    this.playing = true;
    this.dispatchEvent(new Event("state"));
    this.open();
    await this.context.resume();
    const end = this.lead.duration - 0.05;
    await this.gather(this.time >= end ? 0 : this.time);
    await this.start();
  }

  async start() {
    if (!this.playing) return;
    await Promise.allSettled(this.videos.map((video) => video.play()));
    clearInterval(this.timer);
    if (!this.playing) return this.videos.forEach((video) => video.pause());
    this.timer = setInterval(() => this.steer(), STEER_MS);
    this.tell();
    return undefined;
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.waiting.clear();
    clearInterval(this.timer);
    for (const video of this.videos) {
      video.pause();
      video.playbackRate = 1;
    }
    this.gather(this.time);
    this.dispatchEvent(new Event("state"));
    this.dispatchEvent(new Event("time"));
  }

  async seek(seconds) {
    const again = this.playing;
    if (again) {
      clearInterval(this.timer);
      for (const video of this.videos) video.pause();
    }
    await this.gather(Math.max(0, seconds));
    this.dispatchEvent(new Event("time"));
    if (again) await this.start();
  }

  // All at one time, and ready to go on from there.
  async gather(seconds) {
    const mine = (this.gathering = {});
    await Promise.all(this.videos.map((video) => placed(video, seconds)));
    return mine === this.gathering;
  }

  steer() {
    const { lead } = this;
    for (const video of this.videos) {
      if (video === lead || video.ended || video.seeking) continue;
      const ahead = video.currentTime - lead.currentTime;
      if (Math.abs(ahead) > FAR_SECONDS) video.currentTime = lead.currentTime;
      const change = Math.abs(ahead) > CLOSE_SECONDS ? Math.max(-MOST_STEERING, Math.min(MOST_STEERING, ahead * 3)) : 0;
      video.playbackRate = 1 - change;
    }
  }

  // One that has to load keeps the others waiting.
  hold(video) {
    if (!this.playing || video.ended || video.seeking) return;
    this.waiting.add(video);
    for (const other of this.videos) if (other !== video) other.pause();
  }

  release(video) {
    if (!this.waiting.delete(video) || this.waiting.size || !this.playing) return;
    this.seek(this.time);
  }

  ended(video) {
    if (video !== this.lead || !this.playing) return;
    this.pause();
    this.dispatchEvent(new Event("ended"));
  }

  tell() {
    if (!this.playing) return;
    this.dispatchEvent(new Event("time"));
    requestAnimationFrame(() => this.tell());
  }

  close() {
    this.pause();
    this.context?.close();
    this.context = null;
  }
}

function placed(video, seconds) {
  const there = new Promise((resolve) => {
    const ready = () => {
      if (video.seeking || (video.readyState < 3 && !video.error)) return;
      for (const name of ["seeked", "canplay", "error"]) video.removeEventListener(name, ready);
      resolve();
    };
    for (const name of ["seeked", "canplay", "error"]) video.addEventListener(name, ready);
    if (Math.abs(video.currentTime - seconds) > 0.001) video.currentTime = seconds;
    ready();
  });
  // A file that never comes does not keep the others from playing.
  return Promise.race([there, new Promise((resolve) => setTimeout(resolve, 5000))]);
}
