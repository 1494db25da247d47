"""A wish becomes a plan: model, route, request, sound path and price. Pure: no store, no files, no network.

Nothing a person asked for is changed here without an entry in `Plan.adjustments`; what cannot be met
is a `Refusal` with the values that are possible beside the other wishes.

Refusals (texts `refusal.<code>`) and their facts. `model` is the name shown, `model_id` ours; `models`,
`nearest`, `successor`, `free` are ids as people type them. `allowed`, `given`, `env`, `models` and
`nearest` are tuples, maybe empty; all else may be "".

    empty_prompt        -
    prompt_too_long     length, limit, unit (characters, bytes, tokens, words), model
    text_too_long       field (negative, shots), length, limit, unit, model
    unknown_model       asked, nearest
    model_retired       model, since (YYYY-MM-DD or ""), successor, nearest
    model_denied        model, models        not allowed on this server; what is
    demo_only           model, free          only the built-in renderer is offered here
    missing_key         model, provider, env, free   `free`: the model that needs none
    route_down          model, retry_ms (since 1970), retry_in (seconds), models
    price_unknown       model, provider      the operator has to set a price first
    no_model            env                  nothing at all can be used
    impossible          field (seconds, resolution, aspect, sound, shots), asked, allowed, given, unit, model
                        sound is said as on / off; `given` are the other wishes that narrow it, as typed
    mode_not_offered    asked, allowed (text, first-frame, first-last, references, edit, extend), model
    only_enlarges       model                it makes finished clips larger and nothing else
    already_large       size ("3840×2160")   nobody here makes it any larger
    needs_first_image   -                    a last image came without a first one
    not_taken           field (negative, seed, shots), model, models   `models`: some that take shots
    unknown_name        names, allowed       `@names` without a file; those that there are
    no_sound            model, models        sound was asked of a model that makes none; some that do
    audio_not_taken     model, audio_as (or ""), models (some that take one), instead (or "")
    no_transcriber      env, extra (or ""), why (or "")   nothing turns a recording into words here
    sound_nothing       job                  nothing is to be heard, or nobody here can make it
    laid_late           at, seconds          a sound is to begin after the end of the clip
    music_moment        given                music has no moment of its own
    place_form          given, example       a moment that cannot be read
    plan_row            given                a line that begins like one of a plan and is none
    plan_too_long       lines, sounds        so many spoken lines and sounds at moments a plan can have
    shots_length        asked (seconds of all shots), seconds
    media_not_taken     role, model, allowed (modes in which it would be)
    media_missing       role (or ""), allowed (roles of which one is needed), model
    media_too_many · media_too_few                      role, asked, allowed (one count), model
    media_too_long · media_too_short · media_too_big    role, asked, allowed (one number, no tuple:
                        seconds, seconds, bytes), model
    media_too_small · media_too_large     role, asked ("640×360"), allowed (pixels of a side), model
    media_few_pixels · media_many_pixels  role, asked ("640×360"), allowed (pixels in all), model
    media_too_slow · media_too_fast       role, asked, allowed (frames a second), model
    media_wrong_format                    role, asked, allowed, model
    media_needs_company · media_excluded  role, allowed (roles), model
    media_too_many_beside · media_outnumbers         role, asked, allowed (one count), beside (role), model
    name_not_taken      names, allowed (modes in which they would be), model    names of the vendor's account
    names_too_many      asked, limit, model
    needs_public_address model               the vendor fetches files from an address that this bot has not
    compare_count       given, least, most   so many models are compared
    compare_twice       model                the same model twice
    compare_no_common   field (seconds, aspect, resolution), what (a Text), each ("Veo 3.1: 4 6 8")
    voice_missing       reason, line, model  the built-in renderer has no voice installed
    no_voice_maker      model, models, env, makers   a voice could be made of the recording, not here and now
    voice_needs_picture model                it speaks with a voice that is made only beside a first picture
    voice_no_line       model                a voice was to be made, and nobody says anything
    voice_unheard       model                a voice was to be made for a clip without sound or without voices
    voice_too_short     model, asked, least (seconds)   the recording, to make a voice of it
    switched_off_all · switched_off_server · switched_off_model    reason (or None); the last one also model

Adjustments (they make the quote ask) and notes (said without asking), as text keys:

    adjust.control_characters count · adjust.silent model · adjust.audio_trimmed seconds, limit
    adjust.card model · adjust.still model · adjust.dialogue words
    adjust.voice_by_link model · adjust.voice_public model · adjust.voice_made maker
    adjust.image_as_reference model · adjust.unspoken why · adjust.unspoken_language language
    adjust.words_cut needed, seconds · adjust.sounds_late moments, seconds · adjust.soundtrack model
    adjust.laid_under model
    note.auto model · note.auto_for model, topic · note.deprecated model, retires (or ""), successor (or "")
    note.billed_when_moderated model · note.sound_removed model · note.longest_priced seconds
    note.soundtrack model · note.laid_under model · note.sound_added model · note.extends seconds
    note.voice_first line, more
    note.voice_told model · note.dialogue · note.dialogue_words words · note.dialogue_long needed, seconds
    note.enlarged model · note.other_pace fps, new
    note.sound_unwanted model · note.new_sound_replace job · note.new_sound_under job
    note.new_sound_by_hand job · note.lips model · note.new_sound_lips job
"""

from __future__ import annotations

from bot.core.planner.cloning import can_lend, clone_window, voice_makers
from bot.core.planner.context import HOPELESS, OWN_SOUND, Offer, PlanContext
from bot.core.planner.detour import detour
from bot.core.planner.further import can, larger_copies, source_of, takes_clips, ways
from bot.core.planner.intake import CARD
from bot.core.planner.lips import lip_movers, lips_window
from bot.core.planner.pricing import credits_for
from bot.core.planner.request import audio_windows
from bot.core.planner.resolve import needs_confirm, offers, plan
from bot.core.planner.together import MOST as MOST_COMPARED
from bot.core.planner.together import Together, listed, named_models, plan_together

REFUSALS = frozenset(
    {
        "already_large",
        "audio_not_taken",
        "compare_count",
        "compare_no_common",
        "compare_twice",
        "demo_only",
        "empty_prompt",
        "impossible",
        "laid_late",
        "media_excluded",
        "media_few_pixels",
        "media_many_pixels",
        "media_missing",
        "media_needs_company",
        "media_not_taken",
        "media_outnumbers",
        "media_too_big",
        "media_too_fast",
        "media_too_few",
        "media_too_large",
        "media_too_long",
        "media_too_many",
        "media_too_many_beside",
        "media_too_short",
        "media_too_slow",
        "media_too_small",
        "media_wrong_format",
        "missing_key",
        "mode_not_offered",
        "model_denied",
        "model_retired",
        "music_moment",
        "name_not_taken",
        "names_too_many",
        "needs_first_image",
        "needs_public_address",
        "no_model",
        "no_sound",
        "no_transcriber",
        "no_voice_maker",
        "not_taken",
        "only_enlarges",
        "place_form",
        "plan_row",
        "plan_too_long",
        "price_unknown",
        "prompt_too_long",
        "route_down",
        "shots_length",
        "sound_nothing",
        "switched_off_all",
        "switched_off_model",
        "switched_off_server",
        "text_too_long",
        "unknown_model",
        "unknown_name",
        "voice_missing",
        "voice_needs_picture",
        "voice_no_line",
        "voice_too_short",
        "voice_unheard",
    }
)

__all__ = [
    "CARD",
    "HOPELESS",
    "MOST_COMPARED",
    "OWN_SOUND",
    "REFUSALS",
    "Offer",
    "PlanContext",
    "Together",
    "audio_windows",
    "can",
    "can_lend",
    "clone_window",
    "credits_for",
    "detour",
    "larger_copies",
    "lip_movers",
    "lips_window",
    "listed",
    "named_models",
    "needs_confirm",
    "offers",
    "plan",
    "plan_together",
    "source_of",
    "takes_clips",
    "voice_makers",
    "ways",
]
