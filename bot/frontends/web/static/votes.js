// The questions about a pair of clips, and how a comparison came out.

import { h, icon } from "./dom.js";

const VERDICTS = ["first", "second", "tie", "neither"];

export function votesOf(view, at, { vote, go }) {
  const { said, pairs } = view;
  if (!pairs.length) {
    return h("div", { class: "votes" }, h("button", { type: "button", class: "button primary", data: { focus: "vote" }, on: { click: () => go(0) } }, said.vote));
  }
  const pair = pairs[at];
  const last = at === pairs.length - 1;
  const answered = Object.keys(pair.given).length > 0;
  return h("div", { class: "votes", role: "group", "aria-label": pair.title },
    h("div", { class: "votes-head" },
      h("p", { class: "lead" }, pair.title),
      h("span", { class: "muted small" }, `${at + 1} / ${view.pairs_of}`),
      h("button", { type: "button", class: "icon-button small", "aria-label": said.pair_before, title: said.pair_before, disabled: at === 0, data: { focus: "before" }, on: { click: () => go(at - 1) } }, icon("left")),
      h("button", { type: "button", class: "icon-button small", "aria-label": said.pair_after, title: said.pair_after, disabled: last && (!answered || pairs.length >= view.pairs_of), data: { focus: "after" }, on: { click: () => go(at + 1) } }, icon("right"))),
    ...view.questions.map((question) => ask(question, pair, said, vote)),
    h("p", { class: "muted small" }, said.changeable));
}

function ask(question, pair, said, vote) {
  const labels = { first: `${pair.first} ${said.better}`, second: `${pair.second} ${said.better}`, tie: said.tie, neither: said.bad };
  const name = `${pair.id}-${question.id}`;
  return h("fieldset", { class: "ask" }, h("legend", {}, question.label),
    h("div", { class: "verdicts" }, ...VERDICTS.map((verdict) =>
      h("label", { class: "verdict" },
        h("input", { type: "radio", name, value: verdict, checked: pair.given[question.id] === verdict, data: { focus: `${name}-${verdict}` }, on: { change: () => vote(question.id, pair, verdict) } }),
        h("span", {}, labels[verdict])))));
}

export function resultOf(view) {
  const { said } = view;
  const letters = view.legs.filter((leg) => leg.ready).map((leg) => leg.letter);
  const cell = (tag, text, props = {}) => h(tag, props, String(text));
  return h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": said.result },
    h("table", { class: "result" },
      h("caption", { class: "lead" }, said.result),
      h("thead", {}, h("tr", {}, cell("th", said.question, { scope: "col" }), ...letters.map((letter) => cell("th", letter, { scope: "col" })), cell("th", said.ties, { scope: "col" }), cell("th", said.bads, { scope: "col" }))),
      h("tbody", {}, ...view.result.map((row) =>
        h("tr", {}, cell("th", row.label, { scope: "row" }), ...letters.map((letter) => cell("td", row.won[letter] || 0, row.best.includes(letter) ? { class: "best" } : {})), cell("td", row.ties), cell("td", row.bad))))));
}
