"""A route whose clips come without sound is marked, passed over by `auto`, and forgiven."""

from __future__ import annotations

from bot.core.planner import plan
from bot.core.records import RouteHealth
from bot.core.soundness import FORGOTTEN_AFTER_MS, after_sound, soundless
from tests.unit.bot.core.conftest import Office
from tests.unit.bot.core.worlds import NOW_MS, wish, world


def after(*kept: bool, now_ms: int = NOW_MS) -> RouteHealth:
    health = RouteHealth(route="odd/melody-1")
    for one in kept:
        health = after_sound(health, now_ms, kept=one)
    return health


def test_one_bad_clip_marks_nothing_and_three_in_a_row_do() -> None:
    assert not soundless(None, NOW_MS)
    assert not soundless(after(False, False), NOW_MS)
    assert soundless(after(False, False, False), NOW_MS)
    assert not soundless(after(False, True, False, True, False), NOW_MS)


def test_clips_with_sound_clear_the_mark_however_long_it_lasted() -> None:
    long = after(*[False] * 40)
    assert soundless(long, NOW_MS)
    for _ in range(3):
        long = after_sound(long, NOW_MS, kept=True)
    assert not soundless(long, NOW_MS)
    assert after(False, True) == RouteHealth(route="odd/melody-1")


def test_a_mark_is_forgotten_after_a_day_and_comes_back_with_the_next_bad_clip() -> None:
    marked = after(False, False, False)
    later = NOW_MS + FORGOTTEN_AFTER_MS
    assert soundless(marked, later - 1) and not soundless(marked, later)
    assert soundless(after_sound(marked, later, kept=False), later)


def test_auto_takes_a_marked_route_last_but_takes_it_where_nothing_else_is() -> None:
    sick = after(False, False, False)
    asked = wish("a choir sings", model="auto")
    assert plan(asked, world()).model == "melody-1"
    assert plan(asked, world(health={sick.route: sick})).model != "melody-1"
    only = world(health={sick.route: sick}, allowed=frozenset({"melody-1"}))
    assert plan(asked, only).model == "melody-1"
    silent = wish("a choir sings", model="auto", sound=False)
    assert plan(silent, world(health={sick.route: sick})).model == plan(silent, world()).model


async def test_the_list_of_models_marks_it(office: Office) -> None:
    now = office.clock.now_ms()
    sick = RouteHealth(route="odd/melody-1", soundless=3, soundless_ms=now)
    await office.desk.store.change_health(sick.route, lambda _: sick)
    assert await office.desk.store.health() == (sick,)
    marked = "34 credits for 10 s · lately its clips came without sound"
    assert marked in office.read(await office.ask("/models"))
    assert "By Odd Films · lately its clips came without sound" in office.read(
        await office.ask("/models tune")
    )
    office.clock.advance(FORGOTTEN_AFTER_MS // 1000)
    assert marked not in office.read(await office.ask("/models"))
