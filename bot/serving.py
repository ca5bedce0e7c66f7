"""Who serves as an ambassador, and on which terms, as their preferences and the channel map tell.

Those whom `channel_map.yaml` names serve for the topic or prefecture of their channel as long as it names them; those
who joined by command, for a term.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, time
from functools import lru_cache

from bot.choosing import Ambassador, Term
from bot.store import WorkInProgress
from indexer.channel_map import ChannelMap, Kind

SINCE, UNTIL, LEFT = "ambassador.since", "ambassador.until", "ambassador.left"
TOPICS, PREFECTURES, HOURS = "ambassador.topics", "ambassador.prefectures", "ambassador.hours"
QUIET, MOST, AWAY = "ambassador.quiet", "ambassador.cap", "ambassador.away"
CHOSEN = (TOPICS, PREFECTURES, HOURS, QUIET, MOST, AWAY)
REMEMBERED = 1_024  # offers read from their settings: they are read at every look, and change a few times a year


def serving(work: WorkInProgress, workspace_id: str, channel_map: ChannelMap) -> dict[str, Ambassador]:
    """All ambassadors, by member id, those whose term has ended included."""
    kept = work.preferences.holding_any(workspace_id, (SINCE, UNTIL, LEFT, *CHOSEN))
    chosen: dict[str, dict[str, str]] = defaultdict(dict)
    for name, of_members in kept.items():
        for member_id, value in of_members.items():
            chosen[member_id][name] = value
    named = {one.member_id: one for one in _named(channel_map)}
    found = {member_id: _offer(member_id, named.get(member_id), chosen[member_id]) for member_id in (*named, *chosen)}
    return {member_id: one for member_id, one in found.items() if one is not None}


def offered_by(work: WorkInProgress, workspace_id: str, channel_map: ChannelMap, member_id: str) -> Ambassador | None:
    """What a member offers as an ambassador; None where they are none."""
    named = next((one for one in _named(channel_map) if one.member_id == member_id), None)
    return _offer(member_id, named, work.preferences.of(workspace_id, member_id))


def sitting(work: WorkInProgress, workspace_id: str, channel_map: ChannelMap, today: date) -> frozenset[str]:
    """Who serves on a day, by member id."""
    serve = serving(work, workspace_id, channel_map)
    return frozenset(member_id for member_id, one in serve.items() if one.term.holds(today))


def _offer(member_id: str, named: Ambassador | None, chosen: Mapping[str, str]) -> Ambassador | None:
    """What somebody offers whom the channel map names (`named`), or who joined, by what they chose."""
    if LEFT in chosen or (named is None and SINCE not in chosen):
        return None
    one = named or Ambassador(member_id)
    if SINCE in chosen:
        one = replace(one, term=_term(chosen[SINCE], chosen.get(UNTIL, "")))
    return _with(one, *(chosen.get(name, "") for name in CHOSEN))


@lru_cache(maxsize=REMEMBERED)
def _term(since: str, until: str) -> Term:
    return Term(date.fromisoformat(since), date.fromisoformat(until) if until else None)


def _named(channel_map: ChannelMap) -> Iterator[Ambassador]:
    topics: dict[str, set[str]] = {}
    prefectures: dict[str, set[str]] = {}
    for entry in channel_map.entries:
        for member_id in entry.ambassadors:
            topics.setdefault(member_id, set()).update({entry.name} if entry.kind is Kind.TOPIC else ())
            prefectures.setdefault(member_id, set()).update({entry.prefecture} - {""})
    for member_id, names in topics.items():
        yield Ambassador(member_id, topics=frozenset(names), prefectures=frozenset(prefectures[member_id]))


@lru_cache(maxsize=REMEMBERED)
def _with(  # noqa: PLR0913 - what is chosen, as CHOSEN has it
    one: Ambassador, topics: str, prefectures: str, hours: str, quiet: str, most: str, away: str
) -> Ambassador:
    """The ambassador with what they chose over what the channel map says."""
    opens, _, closes = hours.partition("-")
    first, _, last = away.partition("/")
    return replace(
        one,
        topics=_names(topics, one.topics),
        prefectures=_names(prefectures, one.prefectures),
        hours=(time.fromisoformat(opens), time.fromisoformat(closes)) if hours else one.hours,
        quiet=frozenset(int(day) for day in quiet) or one.quiet,
        cap=int(most) if most else one.cap,
        leave=(date.fromisoformat(first), date.fromisoformat(last)) if away else one.leave,
    )


def _names(chosen: str, otherwise: frozenset[str]) -> frozenset[str]:
    """The names chosen, one a line; `*` stands for all, which is to choose none."""
    if not chosen:
        return otherwise
    return frozenset() if chosen == "*" else frozenset(chosen.split("\n")) - {""}
