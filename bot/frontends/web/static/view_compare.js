// One comparison on a page of its own, for everybody who may vote on it.

import { Contest } from "./contest.js";
import { contestActs, contestPath } from "./contest_acts.js";
import { address, get, h, tell, toast } from "./ui.js";

const FRESH_MS = 15_000;

function save(file) {
  const link = h("a", { href: address(file.path), download: file.name });
  document.body.append(link);
  link.click();
  link.remove();
}

export async function draw(place) {
  const id = location.pathname.split("/").pop();
  const view = await tell(() => get(contestPath(id)));
  if (!view) return;
  const contest = new Contest(view, contestActs({ onTrouble: (text) => toast(text, "refusal"), onSaid: toast, onFile: save }));
  place.replaceChildren(contest.element);
  // Keys work wherever nobody writes.
  document.addEventListener("keydown", (event) => {
    if (!contest.element.contains(event.target)) contest.key(event);
  });
  setInterval(async () => {
    if (document.visibilityState !== "visible") return;
    try {
      const fresh = await get(contestPath(id, contest));
      if (JSON.stringify(fresh) !== JSON.stringify(contest.view)) contest.update(fresh);
    } catch {
      // It is asked again.
    }
  }, FRESH_MS);
}
