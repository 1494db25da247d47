// Two lists: what was changed by whom, and what the operator should know.

import { get, growing, h, muted, page, serverName, stamp, table, w } from "./ui.js";

export async function draw(place, view) {
  if (view === "notes") {
    const { notes } = await get("/data/notes");
    place.replaceChildren(
      muted(w("notes_about")),
      notes.length
        ? h("ul", { class: "cards" }, ...notes.map((note) => h("li", { class: "card" }, h("p", {}, note.text), h("p", { class: "muted small" }, stamp(note.at), note.count > 1 ? ` · ${note.count} ${w("times")}` : ""))))
        : muted(w("no_notes")),
    );
    return;
  }
  const list = growing(
    async (before) => {
      const got = await get("/data/log", { server: page.server, before });
      return { items: got.changes, more: got.more, next: got.changes.at(-1)?.id || 0 };
    },
    (changes) => table(w("title_log"), [
      { label: w("time"), cell: (one) => stamp(one.at) },
      { label: w("by"), cell: (one) => one.actor },
      { label: w("action"), cell: (one) => one.action },
      { label: w("details"), cell: (one) => one.detail },
      page.server ? null : { label: w("server"), cell: (one) => serverName(one.server) || w("whole_bot") },
    ], changes, w("no_changes")),
  );
  place.replaceChildren(list.element);
  await list.begin();
}
