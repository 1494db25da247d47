// How the models stand by a server's own votes: one table for each question, with the interval drawn.

import { address, get, h, icon, muted, table, tell, w } from "./ui.js";

export async function draw(place, view, tools) {
  const wanted = new URLSearchParams(location.search).get("server") || "";
  const got = await tell(() => get("/data/leaderboard", { server: wanted }));
  if (!got) return;
  if (got.places.length > 1) {
    const select = h("select", { "aria-label": w("server") }, ...got.places.map((one) => h("option", { value: one.id, selected: one.id === got.server }, one.name)));
    select.addEventListener("change", () => (location.href = address("/leaderboard", { server: select.value })));
    tools.append(select);
  }
  tools.append(h("a", { class: "button", href: address("/data/leaderboard.csv", { server: got.server }), download: "talkreel-leaderboard.csv" }, icon("download"), w("csv")));
  place.replaceChildren(...got.boards.map(boardOf));
}

function boardOf(board) {
  const id = `board-${board.question}`;
  const title = h("h2", { id }, board.label);
  if (!board.places.length) return h("section", { class: "board", "aria-labelledby": id }, title, muted(board.none));
  const [model, strength, ...heads] = board.heads;
  const half = Math.max(1, ...board.places.flatMap((one) => [Math.abs(one.low), Math.abs(one.high)])) * 1.06;
  return h("section", { class: "board", "aria-labelledby": id }, title, muted(board.subtitle),
    table(board.label, [
      { label: w("rank"), cell: (one) => h("b", { class: "place nowrap" }, one.rank) },
      { label: model, cell: (one) => h("b", {}, one.name) },
      { label: strength, cell: (one) => bar(one, half) },
      ...heads.map((label, at) => ({ label, number: true, cell: (one) => one.cells[at] })),
    ], board.places),
    ...board.foot.map((line) => h("p", { class: "muted small" }, line)));
}

// The same scale for all: 0 in the middle.
function bar(one, half) {
  const drawn = h("span", { class: "interval", "aria-hidden": "true" }, h("i"), h("b"));
  const at = (value) => `${((value / half + 1) / 2) * 100}%`;
  drawn.style.setProperty("--low", at(one.low));
  drawn.style.setProperty("--high", at(one.high));
  drawn.style.setProperty("--at", at(one.at));
  return h("span", { class: "strength" }, drawn, h("span", { class: "nowrap" }, h("b", {}, one.strength), " ", h("span", { class: "muted small" }, one.interval)));
}
