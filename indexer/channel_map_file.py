"""Reads `channel_map.yaml`: what each of its keys may say. Every mistake is an error that names file, line and key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, time, timedelta
from pathlib import Path

from indexer.channel_map import (
    OLD_AFTER,
    POLL_ANSWERS,
    Bar,
    Care,
    ChannelMap,
    Day,
    Edition,
    Entry,
    Kind,
    Policy,
    Recognition,
    Thresholds,
    Tier,
    WorkingHours,
    WorkingSpan,
)
from indexer.model import Visibility
from indexer.resolution import RESOLVING_EMOJI
from indexer.yaml_fields import Field, read_yaml

SHIPPED_MAP = Path(__file__).parent.parent / "channel_map.yaml"
LEAST_PRECISION = 0.5  # a bot that is oftener wrong than right is not what anybody means to ask for
LEAP_YEAR = 2024  # so that 2/29 is a day

_AGE = re.compile(r"(\d{1,4})\s*(年|か月|ヶ月|カ月|日|years?|months?|days?)")
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*[-~〜～]\s*(\d{1,2}):(\d{2})")
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})(?:\s*[-~〜～]\s*(\d{1,2})/(\d{1,2}))?")
_SPAN = re.compile(r"(\d{1,3})\s*(時間|日|hours?|days?)")
_COUNT = re.compile(r"\d{1,6}(\.\d+)?")
_DAYS = {"年": 365, "year": 365, "か月": 30, "ヶ月": 30, "カ月": 30, "month": 30, "日": 1, "day": 1}


def load(path: Path) -> ChannelMap:
    """Read the map. Raises NoSuchFileError and BadChannelMapError.

    Where no `channel_map.yaml` stands in the working folder, the one that ships with the code is read.
    """
    if path == Path("channel_map.yaml") and not path.exists():
        path = SHIPPED_MAP
    return _channel_map(read_yaml(path, "channel_map"))


def _channel_map(root: Field) -> ChannelMap:
    known = ("version", "resolved_reactions", "confidence", "operators", "old_after", "recognition", "channels")
    ours = ("poll_answers", "newcomer_reminder", "working_time", "unanswered", "joined")
    fields = root.fields((*known, *ours), needed=("version", "channels"))
    if fields["version"].text() != "1":
        fields["version"].refuse("1 only")
    items = fields["channels"].items()
    entries = tuple(_entry(item) for item in items)
    _refuse_twice(items, entries)
    return ChannelMap(
        entries=entries,
        thresholds=_thresholds(fields.get("confidence")),
        target_precision=_target(fields.get("confidence")),
        resolved_reactions=frozenset(_texts(fields, "resolved_reactions")) or RESOLVING_EMOJI,
        operators=frozenset(_texts(fields, "operators")),
        old_after=_age(fields["old_after"]) if "old_after" in fields else OLD_AFTER,
        recognition=_recognition(fields.get("recognition"), entries),
        poll_answers=_poll_answers(fields["poll_answers"]) if "poll_answers" in fields else POLL_ANSWERS,
        newcomer_reminder=_reminder(fields.get("newcomer_reminder")),
        working_hours=_working_hours(fields.get("working_time")),
        care=_care(fields.get("unanswered")),
        joined=frozenset(_texts(fields, "joined")),
    )


# Channels


def _entry(item: Field) -> Entry:
    known = ("name", "kind", "reply", "keywords", "ambassadors", "visibility", "prefecture", "digest", "welcome")
    fields = item.fields(known, needed=("name", "kind"))
    name = fields["name"].text().lstrip("#")
    if not name:
        fields["name"].refuse("empty")
    kind = fields["kind"].choice(Kind)
    prefecture = fields["prefecture"].text() if "prefecture" in fields else ""
    return Entry(
        name=name,
        kind=kind,
        reply=fields["reply"].choice(Policy) if "reply" in fields else Policy.OFF,
        keywords=_texts(fields, "keywords"),
        ambassadors=_texts(fields, "ambassadors"),
        prefecture=prefecture or (name if kind is Kind.PREFECTURE else ""),
        visibility=fields["visibility"].choice(Visibility) if "visibility" in fields else Visibility.PUBLIC,
        digest=_edition(fields["digest"], kind) if "digest" in fields else Edition.OFF,
        welcome=_welcome(fields.get("welcome"), kind),
    )


def _welcome(field: Field | None, kind: Kind) -> Policy:
    introductions = kind is Kind.INTRODUCTIONS
    if field is None:
        return Policy.THREAD if introductions else Policy.OFF
    if not introductions:
        field.refuse(f"introductions only, not {kind}")
    return field.choice(Policy)


def _edition(field: Field, kind: Kind) -> Edition:
    edition = field.choice(Edition)
    if edition is Edition.OWN and kind not in (Kind.TOPIC, Kind.PREFECTURE):
        field.refuse(f"own: topic | prefecture, not {kind}")
    return edition


def _refuse_twice(items: list[Field], entries: tuple[Entry, ...]) -> None:
    seen: set[str] = set()
    published = False
    for entry, item in zip(entries, items, strict=True):
        if entry.name in seen:
            replace(item, key="name").refuse(f"{entry.name}: given twice")
        seen.add(entry.name)
        if published and entry.digest is Edition.COMMUNITY:
            replace(item, key="digest").refuse("community: one channel only")
        published = published or entry.digest is Edition.COMMUNITY


# Confidence


def _thresholds(field: Field | None) -> Thresholds:
    if field is None:
        return Thresholds()
    both = ("thread", "whisper")
    fields = field.fields((*both, "target_precision"), prefix="confidence.")
    if "target_precision" in fields and not any(key in fields for key in both):
        return Thresholds()
    field.fields(tuple(fields), needed=both)
    thread, whisper = (fields[key].probability() for key in both)
    if whisper > thread:
        fields["whisper"].refuse(f"{whisper} > thread {thread}")
    return Thresholds(thread, whisper)


def _target(field: Field | None) -> float | None:
    """The precision that thresholds are to keep; None where none is asked for."""
    fields = field.fields(("thread", "whisper", "target_precision"), prefix="confidence.") if field else {}
    if "target_precision" not in fields:
        return None
    target = fields["target_precision"].probability()
    if not LEAST_PRECISION <= target < 1:
        fields["target_precision"].refuse(f"{target}: {LEAST_PRECISION} <= … < 1")
    return target


# Recognition and polls


def _recognition(field: Field | None, entries: tuple[Entry, ...]) -> Recognition:
    if field is None:
        return Recognition()
    fields = field.fields(("channel", *Tier), prefix="recognition.")
    channel = fields["channel"].text().lstrip("#") if "channel" in fields else ""
    if channel and channel not in {entry.name for entry in entries}:
        fields["channel"].refuse(f"{channel}: not among the channels")
    bars = {tier: _bar(fields[tier], usual) if tier in fields else usual for tier, usual in Recognition().bars.items()}
    return Recognition(channel, bars)


def _bar(field: Field, usual: Bar) -> Bar:
    demands = asdict(usual)
    for name, value in field.fields(tuple(demands), prefix=f"{field.key}.").items():
        text = value.text()
        if not _COUNT.fullmatch(text) or not float(text) or ("." in text and name != "credit"):
            value.refuse(f"{text}: a number above 0")
        demands[name] = float(text) if name == "credit" else int(text)
    return Bar(**demands)


def _poll_answers(field: Field) -> int:
    value = field.text()
    if not (value.isdecimal() and 2 <= int(value) <= 100):
        field.refuse(f"{value}: 2..100")
    return int(value)


# Times


def _reminder(field: Field | None) -> timedelta | None:
    # YAML reads a bare `off` as a word here, since only the text of the value is looked at.
    if field is None or field.text() == "off":
        return None
    return _age(field)


def _working_hours(field: Field | None) -> WorkingHours:
    usual = WorkingHours()
    if field is None:
        return usual
    fields = field.fields(("hours", "holidays", "closed"), prefix="working_time.")
    opens, closes = _hours(fields["hours"]) if "hours" in fields else (usual.opens, usual.closes)
    holidays = fields["holidays"].text() if "holidays" in fields else "japan"
    if holidays not in {"japan", "none"}:
        fields["holidays"].refuse(f"{holidays}: japan | none")
    days = fields["closed"].items() if "closed" in fields else None
    closed = usual.closed if days is None else tuple(_days(day) for day in days)
    return WorkingHours(opens, closes, holidays == "japan", closed)


def _hours(field: Field) -> tuple[time, time]:
    value = field.text()
    try:
        opens, closes = (time(int(hour), int(minute)) for hour, minute in _pairs(_HOURS.fullmatch(value)))
    except ValueError:
        field.refuse(f"{value}: 8:30-17:15")
    if opens >= closes:
        field.refuse(f"{value}: ends before it begins")
    return opens, closes


def _days(field: Field) -> tuple[Day, Day]:
    value = field.text()
    try:
        first, last = (date(LEAP_YEAR, int(month), int(day)) for month, day in _pairs(_DAY.fullmatch(value)))
    except ValueError:
        field.refuse(f"{value}: 12/29-1/3 | 8/13")
    return (first.month, first.day), (last.month, last.day)


def _pairs(found: re.Match[str] | None) -> tuple[tuple[str, str], tuple[str, str]]:
    """Two pairs of numbers, the second being the first again where it was left out. Raises ValueError for none."""
    if found is None:
        raise ValueError
    first, second, third, fourth = found.groups()
    return (first, second), (third or first, fourth or second)


def _care(field: Field | None) -> Care:
    usual = Care()
    if field is None:
        return usual
    steps = ("ambassadors", "wider", "digest")
    fields = field.fields((*steps, "closed"), prefix="unanswered.")
    spans = {step: _span(fields[step]) for step in steps if step in fields}
    closed = _age(fields["closed"]) if "closed" in fields else usual.closed
    return replace(usual, closed=closed, **spans)


def _span(field: Field) -> WorkingSpan:
    value = field.text()
    found = _SPAN.fullmatch(value)
    if found is None or not int(found[1]):
        field.refuse(f"{value}: 4時間 | 1日")
    count = int(found[1])
    return WorkingSpan(days=count) if found[2].startswith(("日", "day")) else WorkingSpan(hours=count)


def _age(field: Field) -> timedelta:
    value = field.text()
    found = _AGE.fullmatch(value)
    if found is None or not int(found[1]):
        field.refuse(f"{value}: 3年 | 18か月 | 500日")
    return timedelta(days=int(found[1]) * _DAYS[found[2].rstrip("s")])


def _texts(fields: Mapping[str, Field], key: str) -> tuple[str, ...]:
    return fields[key].texts() if key in fields else ()
