// Jobs as they go on, with their states; asked again every few seconds while the page is looked at.

import { act, ask, button, get, h, page, pill, player, serverName, span, stamp, tell, toast, w } from "./ui.js";

const EVERY_MS = 2000;
const KINDS = { delivered: "good", undelivered: "warned", released: "", late: "warned", uncertain: "warned" };

export async function draw(place, view, tools) {
  const state = { show: new URLSearchParams(location.search).get("show") === "all" ? "all" : "open" };
  const list = h("ul", { class: "cards" });
  const empty = h("p", { class: "muted", hidden: true });
  const more = button(w("more"), () => older());
  const known = new Map();
  const segment = h("div", { class: "segment", role: "group", "aria-label": w("which_jobs") });
  tools.prepend(segment);
  place.replaceChildren(empty, list, more);

  function choose() {
    segment.replaceChildren(...["open", "all"].map((show) => button(w(`jobs_${show}`), () => {
      state.show = show;
      known.clear();
      list.replaceChildren();
      choose();
      refresh();
    }, { pressed: state.show === show })));
  }

  async function refresh() {
    const show = state.show;
    const got = await get("/data/jobs", { server: page.server, show });
    if (show !== state.show) return;
    if (show === "open") {
      const open = new Set(got.jobs.map((job) => job.id));
      for (const [id, entry] of known) {
        if (open.has(id)) continue;
        entry.element.remove();
        known.delete(id);
      }
    }
    put(got.jobs);
    more.hidden = !got.more || known.size > got.jobs.length;
    empty.hidden = known.size > 0;
    empty.textContent = show === "open" ? w("no_open_jobs") : w("nothing");
  }

  function put(jobs) {
    for (const job of jobs) {
      const entry = known.get(job.id);
      const drawn = JSON.stringify({ ...job, seconds: 0 });
      if (entry) {
        entry.time.textContent = span(job.seconds);
        if (entry.drawn === drawn) continue;
        const made = card(job);
        const focused = entry.element.contains(document.activeElement);
        entry.element.replaceWith(made.element);
        if (focused) made.element.querySelector("button")?.focus();
        known.set(job.id, { ...made, drawn, n: job.n });
      } else {
        const made = { ...card(job), drawn, n: job.n };
        known.set(job.id, made);
        const after = [...known.values()].filter((other) => other.n > job.n && other.element.isConnected).sort((a, b) => a.n - b.n)[0];
        if (after) after.element.after(made.element);
        else list.prepend(made.element);
      }
    }
  }

  async function older() {
    const before = Math.min(...[...known.values()].map((entry) => entry.n));
    const got = await tell(() => get("/data/jobs", { server: page.server, show: state.show, before }), more);
    if (!got) return;
    put(got.jobs);
    more.hidden = !got.more;
  }

  function card(job) {
    const time = h("span", { class: "time" }, span(job.seconds));
    const actions = h("div", { class: "actions" });
    if (job.stoppable) {
      actions.append(button(w("cancel_job"), async (pressed) => {
        const agreed = await ask({ title: w("cancel_sure"), body: [h("p", {}, `${job.model} · ${job.prompt}`)], submit: w("cancel_job"), kind: "danger" });
        if (agreed === null) return;
        const done = await act("/data/cancel", { job: job.id }, pressed);
        if (done) toast(done.said);
        refresh();
      }, { describe: `${w("cancel_job")} ${job.id}` }));
    }
    if (job.clip && !job.private) {
      const show = button(w("watch"), (pressed) => {
        const video = player(job.id, job.clip, `${job.model}: ${job.prompt}`);
        pressed.replaceWith(h("div", { class: "frame" }, video));
        video.play().catch(() => {});
      }, { name: "play", describe: `${w("watch")} ${job.id}` });
      actions.append(show);
    }
    const element = h("li", { class: "card job", data: { job: job.id, state: job.state } },
      h("div", { class: "job-head" }, pill(job.said, job.open ? "going" : KINDS[job.state]), h("code", {}, job.id), time),
      h("p", { class: "job-prompt", dir: "auto" }, job.prompt),
      h("p", { class: "muted small" }, [job.person, job.model, serverName(job.server), job.cost].join(" · "), " · ", stamp(job.at)),
      job.why ? h("p", { class: "small" }, job.why) : "", actions);
    return { element, time };
  }

  choose();
  await refresh();
  let missed = 0;
  setInterval(async () => {
    if (document.visibilityState !== "visible" || document.querySelector("dialog[open]")) return;
    try {
      await refresh();
      missed = 0;
    } catch {
      missed += 1;
      if (missed === 3) toast(w("unreached"), "refusal");
    }
  }, EVERY_MS);
}

