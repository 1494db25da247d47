"""Units about comparisons: they begin together with their jobs; votes are checked in the transaction that
writes them. The rules of ranking are in `bot/core/arena.py`."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from statistics import median_low

from bot.core import arena
from bot.core.arena import Table, next_pair
from bot.core.compare import Ballot, Contest, Draw, Standing, contest_of
from bot.core.errors import Fenced, Refusal
from bot.core.model import Destination, Job, Take, Wish
from bot.store import rows
from bot.store.unit import Row, Unit, first
from bot.store.units import jobs as units_jobs


def reserve(
    contest: Contest, jobs: Sequence[tuple[Job, Sequence[Take], str]], now_ms: int
) -> Unit[tuple[Job, ...]]:
    """Hold the price of every leg and begin the comparison, all or nothing."""
    made = yield from units_jobs.reserve_all(jobs, now_ms)
    yield (
        "contest_add",
        {
            "id": contest.id,
            "wallet": contest.wallet,
            "server": contest.server,
            "state": contest.state,
            "version": contest.version,
            "closes_ms": contest.closes_ms,
            "created_ms": contest.created_ms or now_ms,
            "body": rows.dump(contest),
        },
    )
    return made


def contest_from(row: Row) -> Contest:
    """A comparison; what may change without it stands in columns."""
    return replace(
        rows.load(Contest, row["body"]),
        wallet=row["wallet"],
        server=row["server"],
        state=row["state"],
        version=row["version"],
        created_ms=row["created_ms"],
    )


def by_id(contest: str) -> Unit[Contest | None]:
    """A comparison, if there is one."""
    row = yield from first("contest_read", {"id": contest})
    return None if row is None else contest_from(row)


def open_ones() -> Unit[tuple[Contest, ...]]:
    """Those that are being made, shown or voted on."""
    return (yield from _listed("contests_open"))


def _listed(query: str, **parameters: str) -> Unit[tuple[Contest, ...]]:
    found = yield query, parameters
    return tuple(contest_from(row) for row in found)


def save(contest: Contest) -> Unit[Contest]:
    """Write a comparison back.

    Raises:
        Fenced: it was changed since it was read.
    """
    written = yield (
        "contest_write",
        {
            "id": contest.id,
            "version": contest.version,
            "state": contest.state,
            "closes_ms": contest.closes_ms,
            "body": rows.dump(contest),
        },
    )
    if not written:
        raise Fenced(contest.id)
    return replace(contest, version=contest.version + 1)


# ---------------------------------------------------------------------------------------------
# Votes


def _votable(contest: str, now_ms: int) -> Unit[Contest]:
    found = yield from by_id(contest)
    if found is None:
        raise Refusal("vote_gone")
    if found.state in ("making", "showing"):
        raise Refusal("vote_early")
    if found.state != "voting" or now_ms >= found.closes_ms:
        raise Refusal("vote_over")
    return found


def drawn(contest: str, voter: str) -> Unit[tuple[Draw, ...]]:
    """The pairs that somebody was asked about, in order."""
    found = yield "pairs_of_voter", {"contest": contest, "voter": voter}
    return tuple(Draw(first=row["first"], second=row["second"]) for row in found)


def draw(contest: str, voter: str, now_ms: int) -> Unit[tuple[Draw, ...]]:
    """One pair more for somebody: of those they have not seen, one that was asked about least.

    Raises:
        Refusal: `vote_gone`, `vote_early`, `vote_over`.
    """
    known = yield from _votable(contest, now_ms)
    mine = yield from drawn(contest, voter)
    counts = yield "pairs_counted", {"contest": contest}
    shown = {frozenset((row["first"], row["second"])): int(row["shown"]) for row in counts}
    # Those that this person has seen are out of question, however seldom they were asked about.
    most = max(shown.values(), default=0) + 1
    for one in mine:
        shown[frozenset((one.first, one.second))] = most
    letters = known.letters
    if len(mine) >= len(letters) * (len(letters) - 1) // 2:
        return mine
    pair = sorted(next_pair(letters, shown, zlib.crc32(f"{voter}{len(mine)}".encode())))
    place = len(mine)
    yield (
        "pair_add",
        {"contest": contest, "voter": voter, "place": place, "first": pair[0], "second": pair[1]},
    )
    return (*mine, Draw(first=pair[0], second=pair[1]))


def cast(ballot: Ballot, mark: str, now_ms: int) -> Unit[bool]:
    """Write an answer down; false if it cannot count, because its voter was shown the names.

    Args:
        ballot: who says what; `informed` and `at_ms` are found out here.
        mark: the hash of the voter, by which they are known if they were forgotten meanwhile.
        now_ms: the time.

    Raises:
        Refusal: `vote_gone`, `vote_early`, `vote_over`, `vote_forged`.
    """
    known = yield from _votable(ballot.contest, now_ms)
    mine = yield from drawn(ballot.contest, ballot.voter)
    asked = any((one.first, one.second) == (ballot.first, ballot.second) for one in mine)
    if not asked or ballot.question not in known.questions:
        raise Refusal("vote_forged")
    informed = yield from has_peeked(ballot.contest, ballot.voter, mark)
    row = {**ballot.__dict__, "informed": int(informed), "at_ms": now_ms}
    yield "ballot_drop", {**row, "voter": mark}
    yield "ballot_put", row
    return not informed


def has_peeked(contest: str, voter: str, mark: str) -> Unit[bool]:
    """Whether somebody was shown the names, before or after they were forgotten."""
    found = yield "peek_read", {"contest": contest, "voter": voter, "mark": mark}
    return bool(found)


def peeked(contest: str, voter: str, now_ms: int) -> Unit[None]:
    """Somebody was shown the names."""
    yield "peek_put", {"contest": contest, "voter": voter, "at_ms": now_ms}


def ballots(contest: str) -> Unit[tuple[Ballot, ...]]:
    """All answers about one comparison."""
    found = yield "ballots_of_contest", {"contest": contest}
    return tuple(_ballot(row) for row in found)


def ballots_of(voter: str) -> Unit[tuple[Ballot, ...]]:
    """All answers of one person."""
    found = yield "ballots_of_voter", {"voter": voter}
    return tuple(_ballot(row) for row in found)


def _ballot(row: Row) -> Ballot:
    return Ballot(
        contest=row["contest"],
        voter=row["voter"],
        question=row["question"],
        first=row["first"],
        second=row["second"],
        verdict=row["verdict"],
        informed=bool(row["informed"]),
        at_ms=row["at_ms"],
    )


def become(winner: str, loser: str, now_ms: int) -> Unit[None]:
    """Two voters are one from now on: one answer for each pair and question stays."""
    both = {"winner": winner, "loser": loser}
    for query in ("ballots_drop_twice", "ballots_change_voter", "pairs_drop_twice", "peeks_copy"):
        yield query, both
    yield "pairs_change_voter", {**both, "now_ms": now_ms}
    yield "peeks_drop", {"loser": loser}
    yield "contests_change_wallet", both


def forget(wallet: str, mark: str, now_ms: int) -> Unit[tuple[str, ...]]:
    """Answers stay, by a hash; what somebody had compared loses all that leads to them.

    Returns the addresses of files that were made for their comparisons.
    """
    mine = yield from _listed("contests_of_wallet", wallet=wallet)
    for one in mine:
        plain = replace(
            one,
            wallet="",
            person=mark,
            wish=Wish(prompt=""),
            destination=Destination(platform=one.destination.platform, channel=""),
            film="",
            ears="",
            legs=tuple(replace(leg, copy="", sound="", message="") for leg in one.legs),
        )
        yield "contest_forget", {"id": one.id, "body": rows.dump(plain)}
    yield from become(mark, wallet, now_ms)
    return tuple(address for one in mine for address in one.addresses())


def drop_leg(job: Job) -> Unit[tuple[str, ...]]:
    """The clip of a job is gone, and so is what a comparison was shown of it.

    Returns the addresses of files that were made of it.
    """
    if not contest_of(job):
        return ()
    found = yield from by_id(contest_of(job))
    leg = next((one for one in found.legs if one.job == job.id), None) if found is not None else None
    if found is None or leg is None:
        return ()
    legs = tuple(replace(one, copy="", sound="") if one is leg else one for one in found.legs)
    yield from save(replace(found, legs=legs, film="", ears=""))
    return tuple(address for address in (leg.copy, leg.sound, found.film, found.ears) if address)


def migrate(old: str, new: str) -> Unit[None]:
    """A server goes by another id: its comparisons and rankings go along."""
    both = {"old": old, "new": new}
    for query in ("contests_rename", "rankings_drop_new", "rankings_rename"):
        yield query, both


# ---------------------------------------------------------------------------------------------
# What came of it on a server


def server_ballots(server: str) -> Unit[tuple[arena.Ballot, ...]]:
    """All answers of revealed comparisons, by model."""
    contests = yield from _listed("contests_revealed", server=server)
    models = {one.id: {leg.letter: leg.model for leg in one.legs} for one in contests}
    found = yield "ballots_of_server", {"server": server}
    return tuple(
        arena.Ballot(
            voter=row["voter"],
            question=row["question"],
            first=models[row["contest"]][row["first"]],
            second=models[row["contest"]][row["second"]],
            verdict=row["verdict"],
            informed=bool(row["informed"]),
        )
        for row in found
    )


def server_standings(server: str) -> Unit[tuple[Standing, ...]]:
    """Medians of cost and waiting time, model by model."""
    contests = yield from _listed("contests_revealed", server=server)
    legs = defaultdict(list)
    for one in contests:
        for leg in one.legs:
            if not leg.outcome:
                legs[leg.model].append(leg)
    return tuple(
        Standing(
            model=model,
            name=found[-1].model_name,
            clips=len(found),
            credits=median_low(leg.charged for leg in found),
            waited_seconds=median_low(leg.waited_seconds for leg in found),
        )
        for model, found in sorted(legs.items())
    )


def rankings(server: str) -> Unit[tuple[Table, ...]]:
    """The rankings as they were last worked out."""
    found = yield "rankings_read", {"server": server}
    return tuple(rows.load(Table, row["body"]) for row in found)


def save_rankings(server: str, tables: Sequence[Table]) -> Unit[None]:
    """Keep them."""
    for table in tables:
        yield "ranking_put", {"server": server, "question": table.question, "body": rows.dump(table)}
