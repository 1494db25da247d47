// The ledger: every movement of credits, with filters, and the same as a table to save.

import { address, count, form, get, growing, h, page, serverName, stamp, table, w } from "./ui.js";

const KINDS = ["", "grant", "hold", "settle", "release", "adjust", "merge"];

export async function draw(place, view, tools) {
  let asked = {};
  const save = h("a", { class: "button", download: "talkreel-ledger.csv" }, w("csv"));
  tools.append(save);
  const query = () => ({ server: page.server, ...Object.fromEntries(Object.entries(asked).filter(([, value]) => value)) });
  const freshen = () => (save.href = address("/data/ledger.csv", query()));
  const list = growing(
    async (before) => {
      const got = await get("/data/ledger", { ...query(), before });
      return { items: got.entries, more: got.more, next: got.entries.at(-1)?.id || 0 };
    },
    (entries) => table(w("title_ledger"), [
      { label: w("number"), number: true, cell: (one) => String(one.id) },
      { label: w("time"), cell: (one) => stamp(one.at) },
      { label: w("kind"), cell: (one) => one.said },
      { label: w("amount"), number: true, cell: (one) => count(one.amount) },
      { label: w("purse"), cell: (one) => one.purse },
      { label: w("person"), cell: (one) => one.person || "–" },
      page.server ? null : { label: w("server"), cell: (one) => serverName(one.server) || "–" },
      { label: w("clip"), cell: (one) => (one.job ? [h("code", {}, one.job), ` ${one.model}`] : "–") },
      { label: w("reason"), cell: (one) => one.reason || "–" },
      { label: w("accounts"), cell: (one) => h("span", { class: "accounts" }, `${one.debit} → ${one.credit}`) },
    ], entries),
  );
  const filter = form(w("filters"), [
    { name: "kind", label: w("kind"), options: KINDS.map((one) => [one, one ? w(`kind_${one}`) : w("any")]) },
    { name: "purse", label: w("purse"), options: [["", w("any")], ["paid", w("purse_paid")], ["free", w("purse_free")]] },
    { name: "person", label: w("person"), most: 120 },
    { name: "job", label: w("clip"), most: 40 },
    { name: "since", label: w("since"), type: "date" },
    { name: "until", label: w("until_day"), type: "date" },
  ], {
    submit: w("show"), kind: "",
    onSubmit: async (body) => {
      asked = body;
      freshen();
      await list.again();
    },
  });
  filter.classList.add("filters");
  place.replaceChildren(filter, list.element);
  freshen();
  await list.begin();
}
