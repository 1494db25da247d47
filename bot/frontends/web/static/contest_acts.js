// What is asked of the server about a comparison; it answers with how the comparison then looks to whoever asks.

import { once } from "./dom.js";
import { Refused, key, post } from "./wire.js";

export function contestActs({ onTrouble, onSaid, onFile, page }) {
  const ask = async (contest, what, body) => {
    try {
      return await post(`/chat/contests/${encodeURIComponent(contest.view.id)}/${what}`, body);
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
