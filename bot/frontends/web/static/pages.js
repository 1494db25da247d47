// Every page but the chat: header, list of pages, server picker; then the page's own script draws its content.

import { Refused, leave } from "./wire.js";
import { address, begin, h, icon, muted, page, toast, w } from "./ui.js";

const VIEWS = {
  spending: "./view_spending.js", jobs: "./view_jobs.js", limits: "./view_limits.js", settings: "./view_settings.js", ledger: "./view_ledger.js",
  models: "./view_models.js", log: "./view_log.js", stop: "./view_models.js", notes: "./view_log.js", logins: "./view_logins.js",
  history: "./view_mine.js", receipts: "./view_mine.js", data: "./view_mine.js", gallery: "./view_gallery.js",
  compare: "./view_compare.js", leaderboard: "./view_leaderboard.js",
};
const NO_PICKER = new Set(["stop", "notes", "logins", "history", "receipts", "data", "gallery", "compare", "leaderboard"]);
const NEEDS_SERVER = new Set(["limits", "settings"]);
const $ = (id) => document.getElementById(id);

$("logout").append(icon("leave"));
$("logout").addEventListener("click", () => leave());
$("theme").append(icon("theme"));
$("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem("theme", root.dataset.theme);
  } catch {
    // The choice then holds until the page is closed.
  }
});

function link(path, label, here, query = {}) {
  return h("a", { href: address(path, query), "aria-current": here ? "page" : null }, label);
}

function drawLinks(view) {
  const { hello } = page;
  $("home").href = address("/");
  $("links").replaceChildren(
    link("/", w("chat"), false),
    link("/me/history", w("title_history"), hello.own.includes(view)),
    link("/gallery", w("title_gallery"), view === "gallery"),
    link("/leaderboard", w("title_leaderboard"), view === "leaderboard"),
    hello.admin.length ? link("/admin/spending", w("admin"), hello.admin.includes(view)) : "",
  );
  const group = hello.admin.includes(view) ? hello.admin.map((one) => [`/admin/${one}`, one]) : hello.own.includes(view) ? hello.own.map((one) => [`/me/${one}`, one]) : [];
  const query = page.server && hello.admin.includes(view) ? { server: page.server } : {};
  $("side").hidden = !group.length;
  $("side").replaceChildren(...group.map(([path, one]) => link(path, w(`title_${one}`), one === view, query)));
  $("side").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
}

function drawPicker(view) {
  const { hello } = page;
  if (NO_PICKER.has(view)) return;
  if (NEEDS_SERVER.has(view) && !page.server) page.server = hello.servers.find((one) => one.id === "direct")?.id || hello.servers[0]?.id || "";
  const options = [...(hello.operator && !NEEDS_SERVER.has(view) ? [{ id: "", name: w("all_servers") }] : []), ...hello.servers];
  if (options.length < 2) {
    if (options.length) $("tools").append(h("span", { class: "muted" }, options[0].name));
    return;
  }
  const select = h("select", { id: "server", "aria-label": w("server") }, ...options.map((one) => h("option", { value: one.id, selected: one.id === page.server }, one.name)));
  select.addEventListener("change", () => {
    location.href = address(location.pathname, select.value ? { server: select.value } : {});
  });
  $("tools").append(select);
}

const view = $("view");
try {
  await begin();
  drawLinks(view.dataset.view);
  drawPicker(view.dataset.view);
  const { draw } = await import(VIEWS[view.dataset.view]);
  await draw(view, view.dataset.view, $("tools"));
} catch (error) {
  const said = error instanceof Refused ? error.message : w("unreached");
  view.replaceChildren(muted(said));
  toast(said, "refusal");
}
view.setAttribute("aria-busy", "false");
document.documentElement.dataset.ready = "yes";
