"""What somebody typed and attached, as a wish: the same for one clip and for a comparison. Plans nothing."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.desk import Desk
from bot.core.model import Wish
from bot.core.names import account_names, with_names
from bot.core.requests.call import Call
from bot.core.requests.consent import origin_of
from bot.core.requests.reception import receive
from bot.core.shots import read_shots
from providers.base import MediaInput


async def wish_of(desk: Desk, call: Call, *, makers: Sequence[str], clip: Sequence[MediaInput] = ()) -> Wish:
    """The wish of a command, for no model in particular.

    Args:
        desk: the ports.
        call: the command with its options and files.
        makers: models that may make it; what their accounts know by name means no file.
        clip: a clip to go on from, before the other files.

    Raises:
        Refusal, MediaRefused: a file cannot be used.
    """
    given = call.options
    prompt, shots = given.get("prompt", ""), read_shots(given.get("shots", ""))
    media = (*clip, *await receive(desk, call.files, audio_as=given.get("audio_as")))
    known = {name for model in makers for name in account_names(desk.house.names, model, desk.catalogue)}
    return Wish(
        prompt=prompt,
        seconds=given.get("seconds"),
        aspect=given.get("aspect"),
        resolution=given.get("resolution"),
        sound=given.get("sound"),
        negative=given.get("negative", ""),
        seed=given.get("seed"),
        private=bool(given.get("private")) or call.destination.private,
        audio_as=given.get("audio_as"),
        voice_from=origin_of(call.files.get("audio", ())),
        media=with_names(media, (prompt, *(shot.prompt for shot in shots)), known),
        shots=shots,
    )
