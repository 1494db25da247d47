// A server's gallery: clips with prompt, model, sound path and "again".

import { address, button, get, growing, h, muted, player, stamp, tell, w } from "./ui.js";
import { again } from "./view_mine.js";

export async function draw(place, view, tools) {
  const wanted = new URLSearchParams(location.search).get("server") || "";
  const first = await tell(() => get("/data/gallery", { server: wanted }));
  if (!first) return;
  if (!first.places.length) {
    place.replaceChildren(muted(w("no_gallery")));
    return;
  }
  const named = (one) => (one.id === "direct" ? w("direct") : one.name);
  if (first.places.length > 1) {
    const select = h("select", { "aria-label": w("server") }, ...first.places.map((one) => h("option", { value: one.id, selected: one.id === first.server }, named(one))));
    select.addEventListener("change", () => (location.href = address("/gallery", { server: select.value })));
    tools.append(select);
  } else tools.append(h("span", { class: "muted" }, named(first.places[0])));
  let ready = first;
  const list = growing(
    async (before) => {
      const got = ready || (await get("/data/gallery", { server: first.server, before }));
      ready = null;
      return { items: got.clips, more: got.more, next: got.last };
    },
    (clips) => (clips.length ? h("ul", { class: "grid" }, ...clips.map(card)) : muted(w("gallery_empty"))),
  );
  place.replaceChildren(list.element);
  await list.begin();
}

function card(clip) {
  return h("li", { class: "card clip-card", data: { job: clip.id } },
    h("div", { class: "frame" }, player(clip.id, clip.clip, `${clip.model}: ${clip.prompt}`)),
    h("p", { class: "job-prompt", dir: "auto" }, clip.prompt),
    h("p", { class: "muted small" }, [clip.person, clip.model, clip.clip.sound].join(" · ")),
    h("p", { class: "muted small" }, stamp(clip.at)),
    h("div", { class: "actions" }, button(w("again"), (pressed) => again(clip.id, pressed), { name: "again", describe: `${w("again")}: ${clip.prompt.slice(0, 60)}` })));
}

