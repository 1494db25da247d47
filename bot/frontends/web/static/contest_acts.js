// What is asked of the server about a comparison; it answers with how the comparison then looks to whoever asks.

import { Refused, post } from "./wire.js";

export function contestActs({ onTrouble, onPress }) {
  const ask = async (contest, what, body) => {
    try {
      contest.update(await post(`/chat/contests/${encodeURIComponent(contest.view.id)}/${what}`, body));
    } catch (error) {
      onTrouble(error instanceof Refused ? error.message : contest.view.said.not_kept);
      contest.drawBelow();
    }
  };
  return {
    vote: (contest, question, pair, verdict) => ask(contest, "vote", { question, first: pair.first, second: pair.second, verdict }),
    draw: (contest) => ask(contest, "draw", {}),
    press: (contest, action, target, button) => onPress?.(contest, action, target, button),
  };
}
