"""Jobs, movements and changes as the pages are told of them: plain values and sentences. Pure."""

from __future__ import annotations

import json
from typing import Any

from bot.core.lifecycle import TERMINAL
from bot.core.model import Job, Text
from bot.core.reports import Change, Entry, Line
from bot.core.soundplan import spoken_lines
from bot.core.wording import Wording

_STOPPABLE = ("queued", "submitting", "uncertain", "polling", "late")


class Telling:
    """Says what the books hold in a language."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording

    def say(self, key: str, language: str, **facts: Any) -> str:
        """A text with its facts."""
        return self._wording.say(Text(key=key, facts=facts), language)

    def word(self, name: str, language: str) -> str:
        """A name from our own small sets; itself if there is no word for it."""
        key = f"word.{name}"
        return self.say(key, language) if self._wording.has(key) else name

    def job(self, line: Line, language: str, now_ms: int, *, hide_prompt: bool = False) -> dict[str, Any]:
        """One line of a list of jobs."""
        job = line.job
        private = job.destination.private or job.wish.private
        ended = job.state in TERMINAL
        end_ms = job.updated_ms if ended else now_ms
        return {
            "n": line.n,
            "id": job.id,
            "at": job.created_ms,
            "server": job.server,
            "person": line.person,
            "model": job.plan.model_name,
            "state": job.state,
            "said": self.word(job.state, language),
            "prompt": self.say("pages.private", language) if private and hide_prompt else job.wish.prompt,
            "private": private,
            "cost": self._charged(job, language),
            "why": self._outcome(job, language),
            "seconds": max(0, (end_ms - job.created_ms) // 1000),
            "open": not ended,
            "stoppable": job.state in _STOPPABLE and not job.cancel_asked,
            "clip": self.clip(job, language),
            "withheld": line.withheld,
        }

    def clip(self, job: Job, language: str) -> dict[str, Any] | None:
        """What a player needs; None if there is no clip."""
        if job.clip is None:
            return None
        info = job.clip.info
        return {
            "width": info.width,
            "height": info.height,
            "seconds": round(info.seconds, 1),
            "poster": bool(job.clip.poster),
            "sound": self.say("pages.sound_path", language, path=job.clip.sound_path),
            "captions": bool(spoken_lines(job.plan.request.prompt)) and info.has_audio,
        }

    def entry(self, entry: Entry, language: str) -> dict[str, Any]:
        """One movement of credits."""
        transfer = entry.transfer
        return {
            "id": transfer.id,
            "at": transfer.at_ms,
            "kind": transfer.kind,
            "said": self.word(f"transfer_{transfer.kind}", language),
            "purse": self.word(transfer.purse, language),
            "amount": transfer.amount,
            "server": entry.server,
            "person": entry.person,
            "model": entry.model,
            "job": transfer.job,
            "reason": transfer.reason,
            "actor": transfer.actor,
            "debit": transfer.debit,
            "credit": transfer.credit,
        }

    def change(self, change: Change, language: str) -> dict[str, Any]:
        """One line of the audit log."""
        shown = (
            f"{key.removesuffix('_ms')} {self._value(key, value, language)}"
            for key, value in change.detail.items()
            if value not in (None, "")
        )
        return {
            "id": change.id,
            "at": change.at_ms,
            "server": change.server,
            "actor": change.name,
            "action": self.word(f"action_{change.action}", language),
            "detail": " · ".join(shown),
        }

    def _value(self, key: str, value: Any, language: str) -> str:
        if key.endswith("_ms") and isinstance(value, int):
            return self.say("pages.at", language, at=value) if value else self.say("pages.for_good", language)
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def _charged(self, job: Job, language: str) -> str:
        if not job.charged and job.money != "settled":
            key = "job.nothing" if job.money == "released" else "job.held"
            return self.say(key, language, credits=job.plan.credits)
        return self.say(f"job.paid_{job.plan.purse}", language, credits=job.charged)

    def _outcome(self, job: Job, language: str) -> str:
        if not job.outcome or not self._wording.has(f"outcome.{job.outcome}"):
            return ""
        facts = {"model": job.plan.model_name, "credits": job.plan.credits, **job.facts}
        return self.say(f"outcome.{job.outcome}", language, **facts)
