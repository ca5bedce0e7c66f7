"""What the files of a Slack export are: lists of members and channels, and a folder of day files a channel.

Direct messages are never opened, whatever the lists say of them; neither are private channels that the operator did
not name, nor folders of which nothing tells who may see them.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from indexer.errors import KyosoError
from indexer.model import Channel, Member, Visibility
from indexer.municipalities import Municipalities
from indexer.sources.archive import Archive, shown
from indexer.sources.export_errors import (
    MissingListError,
    NotAListError,
    NotJsonError,
    NotUtf8Error,
    OddEntriesError,
    UnlistedChannelError,
)
from indexer.sources.slack_message import read_channel, read_member, strings
from indexer.sources.storable import needs_mending, storable

USERS = ("users.json", "org_users.json")  # Grid exports carry the latter
PUBLIC = "channels.json"
PRIVATE = "groups.json"
MARKERS = frozenset({*USERS, PUBLIC, PRIVATE})

LONGEST_ID = 64  # what the corpus keeps; Slack's have 11 characters
LONGEST_NAME = 255  # likewise; Slack's have 80
LONGEST_EMOJI = 128  # likewise; Slack's have 100

DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.json", re.ASCII)
# A folder of direct messages bears the conversation's id or, with several people, a name of this form; channel names
# have no capitals and cannot begin so.
DIRECT = re.compile(r"D[A-Z0-9]{6,}")
GROUP = re.compile(r"mpdm-.+")
CANVAS = re.compile(r"FC[:_]F.+")  # comments on a canvas


@dataclass(frozen=True, slots=True)
class DayFile:
    """One day of one channel."""

    name: str
    channel_id: str

    @property
    def day(self) -> str:
        """The day as `2026-04-01`."""
        return self.name[-len("2026-04-01.json") : -len(".json")]


@dataclass(frozen=True, slots=True)
class Layout:
    """What there is to read; members and channels bear no workspace id yet.

    `team_id`: the team that most users belong to, empty where no user tells. `unread` counts the day files that are
    left alone, by reason.
    """

    team_id: str
    members: tuple[Member, ...]
    channels: tuple[Channel, ...]
    days: tuple[DayFile, ...]
    unread: Mapping[str, int]
    problems: tuple[KyosoError, ...]


def read_layout(archive: Archive, private_channels: AbstractSet[str], places: Municipalities) -> Layout:
    """The lists of the export and its day files; of private channels only those named in `private_channels`."""
    problems = list(archive.problems)
    users = [user for name in USERS for user in _listed(archive, name, problems)]
    if not any(name in archive.names for name in USERS):
        effect = {"effect_ja": "投稿者は ID のまま表示されます", "effect_en": "members keep their ids as names"}
        problems.append(MissingListError(file=USERS[0], **effect))
    members = {user["id"]: member for user in reversed(users) if (member := _member(user, places))}
    guests = frozenset(member.id for member in members.values() if member.guest)
    # Where a channel stands in both lists, or a name is borne twice, the private one counts.
    by_id: dict[str, Channel] = {}
    for name, private in ((PUBLIC, False), (PRIVATE, True)):
        for entry in _listed(archive, name, problems):
            channel = read_channel(entry, "", private=private)
            if channel is not None:
                by_id[channel.id] = _channel(channel, entry, guests)
    allowed = {_nfc(name) for name in private_channels}
    opened = {c.id for c in by_id.values() if c.visibility is Visibility.PUBLIC or _nfc(c.name) in allowed}
    days, unread = _sorted_out(archive, by_id.values(), opened, problems)
    channels = tuple(channel for channel in by_id.values() if channel.id in opened)
    return Layout(_team_id(users), tuple(members.values()), channels, tuple(days), unread, tuple(problems))


def read_list(archive: Archive, name: str) -> list[Any]:
    """The list in a JSON file. Raises an ExportUnreadableError that names the file where there is none."""
    raw = archive.read(name)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotUtf8Error(file=shown(name), offset=error.start) from error
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise NotJsonError(file=shown(name), line=error.lineno, column=error.colno) from error
    except (RecursionError, ValueError) as error:  # nested without end; a number of thousands of digits
        raise NotJsonError(file=shown(name), line=1, column=1) from error
    if not isinstance(value, list):
        raise NotAListError(file=shown(name))
    return storable(value) if needs_mending(text) else value


def _listed(archive: Archive, name: str, problems: list[KyosoError]) -> Sequence[Mapping[str, Any]]:
    """The entries of one of the lists, those that are none being reported."""
    if name not in archive.names:
        if name == PUBLIC:
            effect = {"effect_ja": "公開チャンネルを読めません", "effect_en": "public channels cannot be read"}
            problems.append(MissingListError(file=name, **effect))
        return []
    try:
        entries = read_list(archive, name)
    except KyosoError as problem:
        problems.append(problem)
        return []
    sound = [entry for entry in entries if isinstance(entry, dict) and _is_id(entry.get("id"))]
    if len(sound) < len(entries):
        problems.append(OddEntriesError(file=name, count=len(entries) - len(sound)))
    return sound


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ID


def _team_id(users: Iterable[Mapping[str, Any]]) -> str:
    """The team of most users: members of other organisations, met in shared channels, are listed too."""
    teams = Counter(strings([user.get("team_id") for user in users]))
    return min(teams, key=lambda team: (-teams[team], team), default="")


def _member(user: Mapping[str, Any], places: Municipalities) -> Member | None:
    """A user with the municipality that the name shown, the title or else the full name tells."""
    member = read_member(user, "")
    if member is None:
        return None
    profile = user.get("profile")
    full_name = (profile.get("real_name") if isinstance(profile, dict) else None) or user.get("real_name")
    place = places.of(member.display_name, member.title)
    if place is None and isinstance(full_name, str) and full_name != member.display_name:
        place = places.of(full_name, member.title)
    return replace(
        member,
        display_name=member.display_name[:LONGEST_NAME],
        title=member.title[:LONGEST_NAME],
        municipality=place.code if place and not member.bot else None,
    )


def _channel(channel: Channel, entry: Mapping[str, Any], guests: frozenset[str]) -> Channel:
    """The channel with, if it is public, the guests who belong to it: to them no other channel is open."""
    belonging = channel.members or guests.intersection(strings(entry.get("members")))
    return replace(channel, name=channel.name[:LONGEST_NAME], members=belonging)


def _sorted_out(
    archive: Archive, listed: Iterable[Channel], opened: AbstractSet[str], problems: list[KyosoError]
) -> tuple[list[DayFile], Counter[str]]:
    """The day files to read, by channel and day, and how many others there are, by the reason to leave them."""
    in_order = sorted(listed, key=lambda channel: channel.visibility is Visibility.PRIVATE)
    folders = {key: channel for channel in in_order for key in (channel.id, _nfc(channel.name))}
    days: list[DayFile] = []
    unread: Counter[str] = Counter()
    unlisted: Counter[str] = Counter()
    for name in archive.names:
        folder, _, rest = name.partition("/")
        match = DAY.fullmatch(rest.rpartition("/")[2])
        channel = folders.get(folder)
        if not rest:
            continue
        if match is None or (channel is not None and "/" in rest):
            unread["other_file"] += 1
        elif reason := _left_alone(folder, channel, opened):
            unread[reason] += 1
            unlisted[folder] += reason == "unlisted"
        elif channel is not None:
            days.append(DayFile(name, channel.id))
    if PUBLIC in archive.names:
        for folder, count in sorted((+unlisted).items()):
            problems.append(UnlistedChannelError(file=shown(folder), count=count))
    return sorted(days, key=lambda day: (day.channel_id, day.day)), unread


def _left_alone(folder: str, channel: Channel | None, open_ids: AbstractSet[str]) -> str:
    """Why a folder's messages are not to be read; empty where they are."""
    if DIRECT.fullmatch(folder):
        return "direct_message"
    if GROUP.fullmatch(folder):
        return "group_message"
    if CANVAS.fullmatch(folder):
        return "canvas"
    if channel is None:
        return "unlisted"
    return "" if channel.id in open_ids else "private_channel"


def _nfc(name: str) -> str:
    return unicodedata.normalize("NFC", name)
