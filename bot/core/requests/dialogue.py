"""A recording whose words go into the prompt: heard once, after it is known that the clip can be paid for.

The recording itself is not kept; the words are shown and can be changed before anything is charged.
"""

from __future__ import annotations

from dataclasses import replace

from bot.core.desk import Desk
from bot.core.errors import Refusal
from bot.core.model import Wish
from bot.core.requests.call import Call
from bot.core.spoken import tidy
from providers.base import MediaInput

MOST_CHARACTERS = 1000


def unheard(wish: Wish) -> tuple[MediaInput, ...]:
    """The recordings of a wish whose words are wanted and not known yet."""
    if wish.audio_as != "dialogue":
        return ()
    return tuple(item for item in wish.media if item.kind == "audio")


async def with_words(desk: Desk, call: Call, wish: Wish) -> Wish:
    """The wish with the words of its recordings in their place; the same wish where there are none.

    Raises:
        Refusal: `no_words` (nobody speaks), `not_heard` (no transcriber answered), `too_many_words`.
        MediaRefused: silent, damaged …
    """
    recordings = unheard(wish)
    if not recordings:
        return wish
    texts, language = [], ""
    for item in recordings:
        heard = await desk.hearing.heard(item.path, server=call.actor.server, wallet=call.wallet)
        if heard is None:
            raise Refusal("not_heard")
        texts.append(heard.text)
        language = language or heard.language
    words = tidy(" ".join(texts))
    if not words:
        raise Refusal("no_words")
    if len(words) > MOST_CHARACTERS:
        raise Refusal("too_many_words", length=len(words), limit=MOST_CHARACTERS)
    media = tuple(item for item in wish.media if item.kind != "audio")
    return replace(wish, media=media, words=words, words_in=language, heard=True)


def as_heard(wish: Wish, known: Wish) -> Wish:
    """The wish with what was heard for another one of the same recordings: nobody listens twice."""
    if not unheard(wish) or not known.words:
        return wish
    media = tuple(item for item in wish.media if item.kind != "audio")
    return replace(wish, media=media, words=known.words, words_in=known.words_in, heard=known.heard)
