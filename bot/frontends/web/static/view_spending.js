// Who spent what: by day, model and person.

import { button, count, get, h, page, tell, w, when } from "./ui.js";
import { byDay, gauge, ranked } from "./plot.js";

const DAYS = [7, 30, 90];

export async function draw(place) {
  const state = { days: 30, purse: "paid" };
  const controls = h("div", { class: "segments" });
  const content = h("div", { class: "stack-gap" });
  place.replaceChildren(controls, content);

  async function show() {
    controls.replaceChildren(
      h("div", { class: "segment", role: "group", "aria-label": w("stretch") }, ...DAYS.map((days) => button(`${days} ${w("days")}`, () => set({ days }), { pressed: state.days === days }))),
      h("div", { class: "segment", role: "group", "aria-label": w("purse") }, ...["paid", "free"].map((purse) => button(w(`purse_${purse}`), () => set({ purse }), { pressed: state.purse === purse }))),
    );
    const got = await tell(() => get("/data/spending", { server: page.server, days: state.days, purse: state.purse }));
    if (!got) return;
    const paid = state.purse === "paid";
    const value = paid ? (one) => one.credits : (one) => one.clips;
    const unit = paid ? w("unit_credits") : w("unit_clips");
    const tiles = [
      paid ? tile(w("credits_spent"), count(got.credits)) : "",
      tile(w("clips_made"), count(got.clips)),
      paid && got.cost ? tile(w("vendor_cost"), got.cost) : "",
      ...(paid ? got.budget.map((one) => gauge({ label: `${w("budget")}: ${one.period}`, used: one.used, cap: one.cap, said: one.said })) : []),
      paid && got.allotted ? gauge({ label: w("allotment"), used: got.allotted.used + got.allotted.held, cap: got.allotted.credits, said: `${count(got.allotted.used + got.allotted.held)} / ${count(got.allotted.credits)} · ${w("renews")} ${when(got.allotted.renews, { dateStyle: "medium" })}` }) : "",
    ];
    content.replaceChildren(
      h("div", { class: "tiles" }, ...tiles.filter(Boolean)),
      byDay(got.days, { label: `${w("by_day")} (${got.zone})`, value, unit }),
      h("div", { class: "halves" }, ranked(got.models, { label: w("by_model"), value, unit, heading: w("model") }), ranked(got.people, { label: w("by_person"), value, unit, heading: w("person") })),
    );
  }

  async function set(change) {
    Object.assign(state, change);
    await show();
    controls.querySelector('[aria-pressed="true"]')?.focus();
  }
  await show();
}

function tile(label, value) {
  return h("div", { class: "tile" }, h("span", { class: "tile-label" }, label), h("span", { class: "tile-value" }, value));
}
