// What a server and its members may use: allotment, limits, grants, blocks, gallery. Every change shows whom it touches.

import { act, ask, button, count, form, get, h, page, pill, previewed, stamp, table, tell, toast, w, when } from "./ui.js";
import { gauge } from "./plot.js";

const PERIODS = ["day", "week", "month"];
const SCOPES = ["everybody", "member", "role", "channel", "server"];
const NAMED = new Set(["member", "role", "channel"]);

export async function draw(place) {
  const { server } = page;
  if (!server) {
    place.replaceChildren(h("p", { class: "muted" }, w("no_servers")));
    return;
  }
  const again = async () => {
    const got = await tell(() => get("/data/limits", { server }));
    if (got) place.replaceChildren(...sections(got));
  };
  const periods = PERIODS.map((one) => [one, w(one)]);
  const purses = ["paid", "free"].map((one) => [one, w(`purse_${one}`)]);
  const change = async (path, body, words, pressed) => (await previewed(path, { server, ...body }, words, pressed)) && again();

  function sections(got) {
    const people = got.people.map((one) => [one.person, one.name]);
    return [
      section(w("allotment"), w("allotment_about"),
        gauge({ label: w("used_of_allotment"), used: got.allotted.used + got.allotted.held, cap: got.allotted.credits, said: `${count(got.allotted.used)} ${w("used")}, ${count(got.allotted.held)} ${w("held")} / ${count(got.allotted.credits)} · ${w("renews")} ${when(got.allotted.renews, { dateStyle: "medium" })}` }),
        got.operator
          ? form(w("allotment"), [
              { name: "credits", label: w("credits"), type: "number", min: 0, value: got.allotted.credits, required: true },
              { name: "period", label: w("each"), options: periods, value: got.allotted.period },
            ], { submit: w("preview"), onSubmit: (body, pressed) => change("/data/allot", body, { title: w("allotment"), submit: w("allot") }, pressed) })
          : h("p", { class: "muted small" }, w("operator_allots"))),
      section(w("limits"), `${w("limits_about")} ${w("house_default")}: ${count(got.free)} ${w("unit_clips")}, ${count(got.at_once)} ${w("at_once").toLowerCase()}.`,
        table(w("limits"), [
          { label: w("whom"), cell: (one) => one.whom },
          { label: w("purse"), cell: (one) => one.purse },
          { label: w("amount"), cell: (one) => one.amount ?? "–" },
          { label: w("at_once"), number: true, cell: (one) => one.at_once ?? "–" },
          { label: w("price_cap"), number: true, cell: (one) => one.price_cap ?? "–" },
          { label: w("change"), cell: (one) => button(w("take_back"), (pressed) => change("/data/reset", { scope: one.kind, subject: one.subject }, { title: `${w("take_back")}: ${one.whom}`, submit: w("take_back"), kind: "danger" }, pressed), { describe: `${w("take_back")}: ${one.whom}` }) },
        ], got.rules, w("no_limits")),
        limitForm(people, periods, purses)),
      section(w("grants"), `${w("grants_about")} ${w("granted_open")}: ${count(got.granted)}.`,
        form(w("grants"), [
          { name: "subject", label: w("member"), list: people, required: true, most: 120, hint: w("member_hint") },
          { name: "credits", label: w("credits"), type: "number", min: 1, required: true },
          { name: "purse", label: w("purse"), options: purses },
          { name: "reason", label: w("reason"), most: 200 },
        ], { submit: w("preview"), onSubmit: (body, pressed) => change("/data/grant", body, { title: w("grants"), submit: w("grant") }, pressed) })),
      section(w("blocks"), w("blocks_about"),
        table(w("blocks"), [
          { label: w("person"), cell: (one) => one.name },
          { label: w("until"), cell: (one) => (one.until ? stamp(one.until) : w("for_good")) },
          { label: w("reason"), cell: (one) => one.reason || "–" },
          { label: w("change"), cell: (one) => button(w("lift"), async (pressed) => {
            const done = await act("/data/block", { server, subject: one.person, lift: true }, pressed);
            if (done) toast(done.said);
            again();
          }, { describe: `${w("lift")}: ${one.name}` }) },
        ], got.blocks, w("no_blocks")),
        form(w("blocks"), [
          { name: "subject", label: w("member"), list: people, required: true, most: 120, hint: w("member_hint") },
          { name: "hours", label: w("hours"), type: "number", min: 0, max: 87600, hint: w("hours_hint") },
          { name: "reason", label: w("reason"), most: 200 },
        ], { submit: w("block"), kind: "danger", onSubmit: async (body, pressed) => {
          if ((await ask({ title: `${w("block")}: ${body.subject}`, body: [h("p", {}, w("block_sure"))], submit: w("block"), kind: "danger" })) === null) return;
          const done = await act("/data/block", { server, ...body }, pressed);
          if (done) toast(done.said);
          again();
        } })),
      section(w("title_gallery"), w("gallery_about"),
        h("div", { class: "row-line" }, pill(got.gallery ? w("gallery_open") : w("gallery_closed"), got.gallery ? "good" : ""),
          button(got.gallery ? w("gallery_close") : w("gallery_show"), async (pressed) => {
            if (!got.gallery && (await ask({ title: w("gallery_show"), body: [h("p", {}, w("gallery_sure"))], submit: w("gallery_show") })) === null) return;
            const done = await act("/data/gallery", { server, open: !got.gallery }, pressed);
            if (done) toast(done.said);
            again();
          }))),
    ];
  }

  function limitForm(people, periods, purses) {
    const made = form(w("set_limit"), [
      { name: "scope", label: w("whom"), options: SCOPES.map((one) => [one, w(`scope_${one}`)]) },
      { name: "subject", label: w("which"), list: people, most: 120, hint: w("which_hint") },
      { name: "purse", label: w("purse"), options: purses },
      { name: "credits", label: w("amount"), type: "number", min: 0, hint: w("stays_hint") },
      { name: "period", label: w("each"), options: periods, value: "month" },
      { name: "at_once", label: w("at_once"), type: "number", min: 0, max: 1000 },
      { name: "price_cap", label: w("price_cap"), type: "number", min: 0 },
    ], {
      submit: w("preview"),
      onSubmit: (body, pressed) => change("/data/limit", body, { title: w("set_limit"), submit: w("set") }, pressed),
      onChange: (body) => named(body.scope),
    });
    const which = made.querySelector("[name=subject]");
    const named = (scope) => {
      which.closest(".field").hidden = !NAMED.has(scope);
      which.required = NAMED.has(scope);
    };
    named("everybody");
    return h("details", { class: "fold" }, h("summary", {}, w("set_limit")), made);
  }

  await again();
}

function section(title, about, ...content) {
  return h("section", { class: "card" }, h("h2", {}, title), about ? h("p", { class: "muted small about" }, about) : "", ...content);
}
