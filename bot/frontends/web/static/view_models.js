// Models with lifecycle, health and prices; and the page that stops a model, a server or everything.

import { act, ask, button, count, get, h, muted, page, pill, stamp, table, toast, w } from "./ui.js";

const STATUS = { active: "good", preview: "going", deprecated: "warned", retired: "" };
const HEALTH = { closed: "good", "half-open": "warned", open: "bad" };

async function flip(kind, subject, name, off, pressed, then) {
  let reason = "";
  if (!off) {
    const agreed = await ask({
      title: `${w("stop")}: ${name}`, body: [h("p", {}, w(`stop_about_${kind}`))],
      fields: [{ name: "reason", label: w("reason_said"), most: 200 }], submit: w("stop"), kind: "danger",
    });
    if (agreed === null) return;
    reason = agreed.reason;
  }
  const done = await act("/data/switch", { kind, subject, off: !off, reason }, pressed);
  if (done) toast(done.said);
  await then();
}

export async function draw(place, view) {
  return view === "stop" ? stops(place) : models(place);
}

async function models(place) {
  const again = async () => {
    const got = await get("/data/models", { server: page.server });
    place.replaceChildren(
      table(w("title_models"), [
        { label: w("model"), cell: (one) => [h("b", {}, one.name), h("br"), h("code", {}, one.id)] },
        { label: w("lifecycle"), cell: (one) => [pill(one.said, STATUS[one.status]), one.retires ? h("p", { class: "small muted nowrap" }, `${w("ends")} ${one.retires}`) : "", one.successor ? h("p", { class: "small muted" }, `→ ${one.successor}`) : "", one.off ? h("p", {}, pill(w("is_off"), "bad")) : "", one.permitted ? "" : h("p", { class: "small muted" }, w("denied_here"))] },
        { label: w("sound"), cell: (one) => one.sound.join(", ") || "–" },
        { label: w("price_10s"), number: true, cell: (one) => (one.free ? w("free") : one.credits ? `${count(one.credits)} ${w("unit_credits")}` : "–") },
        { label: w("routes"), cell: (one) => h("ul", { class: "routes" }, ...one.routes.map((route) => route_(route))) },
        { label: w("checked"), cell: (one) => h("span", { class: "nowrap" }, one.checked) },
        got.operator ? { label: w("change"), cell: (one) => button(one.off ? w("start") : w("stop"), (pressed) => flip("model", one.id, one.name, one.off, pressed, again), { kind: one.off ? "" : "danger", describe: `${one.off ? w("start") : w("stop")}: ${one.name}` }) } : null,
      ], got.models),
    );
  };
  await again();
}

function route_(route) {
  return h("li", {}, h("span", {}, route.provider), " ",
    route.key ? pill(route.said, HEALTH[route.state]) : pill(w("no_key"), ""),
    route.soundless ? h("p", {}, pill(route.soundless, "warned")) : "",
    route.missing.length && !route.key ? h("p", { class: "small muted" }, route.missing.join(", ")) : "",
    route.failures ? h("p", { class: "small muted" }, `${w("failures")}: ${route.failures}${route.error ? ` (${route.error})` : ""}`) : "",
    route.again ? h("p", { class: "small muted" }, `${w("tried_again")} `, stamp(route.again)) : "",
    route.last_ok ? h("p", { class: "small muted" }, `${w("last_ok")} `, stamp(route.last_ok)) : "");
}

async function stops(place) {
  const again = async () => {
    const { switches } = await get("/data/switches");
    const off = (kind, subject) => switches.find((one) => one.kind === kind && one.subject === subject);
    const all = off("all", "");
    const about = (one) => h("p", { class: "muted small" }, `${w("by")} ${one.by} · `, stamp(one.at), one.reason ? ` · ${one.reason}` : "");
    const line = (kind, subject, name, known) =>
      h("li", { class: "row-line" }, h("span", { class: "grow" }, name), pill(known ? w("is_off") : w("is_on"), known ? "bad" : "good"),
        button(known ? w("start") : w("stop"), (pressed) => flip(kind, subject, name, known, pressed, again), { kind: known ? "" : "danger", describe: `${known ? w("start") : w("stop")}: ${name}` }),
        known ? about(known) : "");
    const models = switches.filter((one) => one.kind === "model");
    place.replaceChildren(
      h("section", { class: all ? "card alarm" : "card" }, h("h2", {}, w("everything")), h("p", { class: "muted small about" }, w("stop_about_all")),
        h("div", { class: "row-line" }, pill(all ? w("is_off") : w("is_on"), all ? "bad" : "good"),
          button(all ? w("start_all") : w("stop_all"), (pressed) => flip("all", "", w("everything"), all, pressed, again), { kind: all ? "primary" : "danger" })), all ? about(all) : ""),
      h("section", { class: "card" }, h("h2", {}, w("servers")), h("p", { class: "muted small about" }, w("stop_about_server")),
        h("ul", { class: "lines" }, ...page.hello.servers.map((one) => line("server", one.id, one.name, off("server", one.id))))),
      h("section", { class: "card" }, h("h2", {}, w("title_models")), h("p", { class: "muted small about" }, w("stop_about_model")),
        models.length ? h("ul", { class: "lines" }, ...models.map((one) => line("model", one.subject, one.subject, one))) : muted(w("no_model_off"))),
    );
  };
  await again();
}

