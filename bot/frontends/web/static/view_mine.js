// Everybody's own: clips with players, receipts, and what can be done with one's data.

import { act, address, ask, button, count, form, get, growing, h, icon, muted, pill, player, serverName, stamp, table, toast, w } from "./ui.js";
import { key } from "./wire.js";

const KINDS = { delivered: "good", undelivered: "warned", released: "" };

export async function draw(place, view) {
  if (view === "receipts") return receipts(place);
  if (view === "data") return data(place);
  return history(place);
}

async function history(place) {
  const list = growing(
    async (before) => {
      const got = await get("/data/mine", { before });
      return { items: got.jobs, more: got.more, next: got.jobs.at(-1)?.n || 0 };
    },
    (jobs) => (jobs.length ? h("ul", { class: "grid" }, ...jobs.map(card)) : h("p", { class: "muted" }, w("no_clips"), " ", h("a", { href: address("/") }, w("make_one")))),
  );
  place.replaceChildren(list.element);
  await list.begin();
}

export async function again(job, pressed) {
  const said = await act("/data/again", { job, key: key() }, pressed);
  if (!said) return;
  if (said.message) location.href = address("/");
  else toast(said.lines.join(" "));
}

function card(job) {
  const label = `${job.model}: ${job.prompt}`;
  const actions = h("div", { class: "actions" });
  if (!job.open) actions.append(button(w("again"), (pressed) => again(job.id, pressed), { name: "again", describe: `${w("again")}: ${job.id}` }));
  if (job.clip) actions.append(h("a", { class: "button", download: "", href: address(`/chat/clips/${encodeURIComponent(job.id)}/video`, { download: "1" }), "aria-label": `${w("download")}: ${job.id}` }, icon("download"), w("download")));
  if (job.gallery) {
    const toggle = button(job.withheld ? w("show_in_gallery") : w("withhold"), async (pressed) => {
      const done = await act("/data/withhold", { job: job.id, hidden: !job.withheld }, pressed);
      if (!done) return;
      job.withheld = !job.withheld;
      pressed.textContent = job.withheld ? w("show_in_gallery") : w("withhold");
      toast(done.said);
    }, { describe: `${w("withhold")}: ${job.id}` });
    toggle.removeAttribute("aria-label");
    actions.append(toggle);
  }
  return h("li", { class: "card clip-card", data: { job: job.id } },
    job.clip ? h("div", { class: "frame" }, player(job.id, job.clip, label)) : h("div", { class: "frame none" }, icon("film")),
    h("p", { class: "job-prompt", dir: "auto" }, job.prompt),
    h("p", { class: "muted small" }, pill(job.said, job.open ? "going" : KINDS[job.state]), " ", [job.model, job.clip ? job.clip.sound : "", job.cost].filter(Boolean).join(" · ")),
    h("p", { class: "muted small" }, stamp(job.at), " · ", h("code", {}, job.id)),
    job.why ? h("p", { class: "small" }, job.why) : "", actions);
}

async function receipts(place) {
  const list = growing(
    async (before) => {
      const got = await get("/data/receipts", { before });
      return { items: got.entries, more: got.more, next: got.entries.at(-1)?.id || 0 };
    },
    (entries) => table(w("title_receipts"), [
      { label: w("time"), cell: (one) => stamp(one.at) },
      { label: w("kind"), cell: (one) => one.said },
      { label: w("amount"), number: true, cell: (one) => count(one.amount) },
      { label: w("purse"), cell: (one) => one.purse },
      { label: w("clip"), cell: (one) => (one.job ? [h("code", {}, one.job), ` ${one.model}`] : "–") },
      { label: w("reason"), cell: (one) => one.reason || "–" },
      { label: w("server"), cell: (one) => (one.server === "direct" ? w("direct") : serverName(one.server)) || "–" },
      { label: w("number"), number: true, cell: (one) => String(one.id) },
    ], entries, w("no_receipts")),
  );
  place.replaceChildren(muted(w("receipts_about")), list.element);
  await list.begin();
}

// Gives one of the bot's commands about one's own things, answers what it asks, and shows what it says.
async function own(body, pressed, place, kind) {
  let said = await act("/data/own", { ...body, key: key() }, pressed);
  while (said) {
    if (said.file) save(said.file);
    const confirm = said.buttons.find(([action]) => action === "confirm");
    if (!confirm) {
      place.replaceChildren(h("div", { class: "fresh" }, ...said.lines.map((line) => h("p", {}, line))));
      return;
    }
    const [first, ...rest] = said.lines;
    const agreed = await ask({ title: first, body: rest.map((line) => h("p", {}, line)), submit: confirm[2], kind });
    const answer = await act("/data/own/press", { action: agreed === null ? "dismiss" : "confirm", target: confirm[1], key: key() });
    said = agreed === null ? null : answer;
  }
}

function save(file) {
  const link = h("a", { href: address(file.path), download: file.name });
  document.body.append(link);
  link.click();
  link.remove();
}

function section(title, about, content) {
  const said = h("div", { "aria-live": "polite" });
  return h("section", { class: "card" }, h("h2", {}, title), h("p", { class: "muted small about" }, about), ...content(said), said);
}

async function data(place) {
  place.replaceChildren(
    section(w("export"), w("export_about"), (said) => [button(w("export"), (pressed) => own({ command: "export" }, pressed, said), { name: "download" })]),
    section(w("link"), w("link_about"), (said) => [
      form(w("link"), [{ name: "code", label: w("link_enter"), most: 40, required: true }], { submit: w("link_go"), kind: "", onSubmit: (body, pressed) => own({ command: "link", ...body }, pressed, said) }),
      h("div", { class: "actions" }, button(w("link_code"), (pressed) => own({ command: "link" }, pressed, said)), button(w("unlink"), (pressed) => own({ command: "unlink" }, pressed, said, "danger"))),
    ]),
    section(w("forget"), w("forget_about"), (said) => [button(w("forget"), (pressed) => own({ command: "forget" }, pressed, said, "danger"), { kind: "danger" })]),
  );
}
