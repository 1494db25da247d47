// Who may come to these pages: login addresses for members and admins, made here and shown once.

import { act, ask, button, form, get, h, page, serverName, stamp, table, toast, w } from "./ui.js";

export async function draw(place) {
  const fresh = h("div", { "aria-live": "polite" });
  const list = h("div", {});
  const again = async () => {
    const { admins } = await get("/data/logins");
    list.replaceChildren(table(w("page_admins"), [
      { label: w("name"), cell: (one) => one.name },
      { label: w("server"), cell: (one) => serverName(one.server) },
      { label: w("since_when"), cell: (one) => stamp(one.at) },
      { label: w("change"), cell: (one) => button(w("take_back"), async (pressed) => {
        if ((await ask({ title: `${w("take_back")}: ${one.name}`, body: [h("p", {}, w("login_end_about"))], submit: w("take_back"), kind: "danger" })) === null) return;
        const done = await act("/data/login/end", { name: one.name, admin_of: one.server }, pressed);
        if (done) toast(done.said);
        again();
      }, { describe: `${w("take_back")}: ${one.name}` }) },
    ], admins, w("no_page_admins")));
  };
  const servers = page.hello.servers.map((one) => [one.id, one.name]);
  place.replaceChildren(
    h("section", { class: "card" }, h("h2", {}, w("new_login")), h("p", { class: "muted small about" }, w("new_login_about")),
      form(w("new_login"), [
        { name: "name", label: w("name"), required: true, most: 32, hint: w("name_hint") },
        { name: "admin_of", label: w("role"), options: [["", w("a_member")], ...servers.map(([id, name]) => [id, `${w("admin_of")} ${name}`])] },
      ], { submit: w("make_login"), onSubmit: async (body, pressed, made) => {
        const done = await act("/data/login", body, pressed);
        if (!done) return;
        made.reset();
        const url = new URL(done.address, location.href).href;
        const shown = h("input", { type: "text", readonly: true, value: url, "aria-label": w("login_address") });
        const copy = button(w("copy"), async () => {
          await navigator.clipboard.writeText(url);
          toast(w("copied"));
        });
        fresh.replaceChildren(h("div", { class: "fresh" }, h("p", {}, done.said), h("div", { class: "row-line" }, shown, copy)));
        shown.focus();
        shown.select();
        again();
      } }), fresh),
    h("section", { class: "card" }, h("h2", {}, w("page_admins")), h("p", { class: "muted small about" }, w("page_admins_about")), list),
  );
  await again();
}
