// What is asked of the server about a comparison; it answers with how the comparison then looks to whoever asks.

import { once } from "./dom.js";
import { Refused, get, key, post } from "./wire.js";

// Where a comparison is asked about; with its report card once that is wanted.
export function contestPath(id, contest, what = "") {
  return `/chat/contests/${encodeURIComponent(id)}${what}${contest?.wanted ? "?card=1" : ""}`;
}

export function contestActs({ onTrouble, onSaid, onFile, page }) {
  const ask = async (contest, what, body) => {
    try {
      return what ? await post(contestPath(contest.view.id, contest, `/${what}`), body) : await get(contestPath(contest.view.id, contest));
    } catch (error) {
      onTrouble(error instanceof Refused ? error.message : contest.view.said.not_kept);
      contest.drawBelow();
      return null;
    }
  };
  const shown = async (contest, what, body) => {
    const view = await ask(contest, what, body);
    if (view) contest.update(view);
  };
  return {
    page,
    vote: (contest, question, pair, verdict) => shown(contest, "vote", { question, first: pair.first, second: pair.second, verdict }),
    fresh: (contest) => shown(contest, ""),
    draw: (contest) => shown(contest, "draw", {}),
    press: (contest, action, target, button) => once(button, async () => {
      const answer = await ask(contest, "press", { action, target, key: key() });
      if (!answer) return;
      contest.update(answer.view);
      if (answer.file) onFile(answer.file);
      if (answer.lines.length) onSaid(answer.lines.join(" "));
    }),
  };
}
