// What admins choose for their server: the form of /setup. What the answers mean is the server's.

import { formOf } from "./forms.js";
import { act, get, h, muted, page, tell, toast, w } from "./ui.js";

export async function draw(place) {
  const again = async () => {
    const got = await tell(() => get("/data/setup", { server: page.server }));
    if (!got) return;
    if (!got.form) {
      place.replaceChildren(muted(got.lines.join(" ")));
      return;
    }
    const form = formOf(got.form, {
      words: page.words,
      onSubmit: async (values) => {
        const done = await act("/data/setup", { server: page.server, values });
        if (!done) return "";
        toast(done.said);
        await again();
        return "";
      },
    });
    place.replaceChildren(h("section", { class: "card" }, h("p", { class: "muted small about" }, w("settings_about")), form));
  };
  await again();
}
