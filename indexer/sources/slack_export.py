"""Imports a Slack export into the corpus: members and channels first, then the messages, day file by day file.

**When was what an export says seen?** The corpus believes the later sight of a message, and an export carries no date
of its own (a zip's file times are local and change with copying). So its sights are dated by the latest moment that it
tells of itself: the newest post, edit or reply named in the files of its newest day. The export was made then or
later. A later overlapping export therefore edits, an older one changes nothing, and neither undoes what was seen live
after its last message, not even an edit later the same day, as the end of that day would. A single message that was
edited after that moment (an export of an old period, made recently) was seen at its edit at the earliest.

A message that the export shows as deleted loses its words in the corpus too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from indexer.corpus import Corpus, Database
from indexer.errors import KyosoError
from indexer.model import Member, Message, MessageRef, Workspace
from indexer.municipalities import Municipalities, shipped
from indexer.sources.archive import Archive, open_archive
from indexer.sources.export_errors import NotAnArchiveError, NotAnExportError, OddEntriesError
from indexer.sources.importing import (
    BATCH,
    LONG_AGO,
    ImportReport,
    Progress,
    Sight,
    Tally,
    one_batch,
    rarely_collecting,
)
from indexer.sources.names import Names
from indexer.sources.slack_layout import LONGEST_EMOJI, LONGEST_ID, MARKERS, DayFile, Layout, read_layout, read_list
from indexer.sources.slack_message import Skipped, message_id_of, moment, read_bot, read_message

UNKNOWN_WORKSPACE = "slack:export"
ODD = "not_a_message"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the export itself does not tell.

    `private_channels`: names of the private channels to read. `workspace_id`: where the export belongs, if not to the
    team its users name. `places`: municipalities by name.
    """

    private_channels: AbstractSet[str] = frozenset()
    workspace_id: str = ""
    places: Municipalities = field(default_factory=shipped)


@dataclass(frozen=True, slots=True)
class SlackReport(ImportReport):
    """What an import read.

    messages + the sum of `skipped` = the entries of all day files that could be read. `unread`: day files left alone,
    by reason (direct messages are never opened).
    """

    workspace_id: str
    unread: Mapping[str, int] = field(default_factory=dict)


def import_slack(
    path: Path,
    database: Database,
    now: datetime,
    options: ImportOptions | None = None,
    progress: Progress | None = None,
) -> SlackReport:
    """Read the export at `path`, a zip or a folder, into the corpus.

    Raises a BadInputError where nothing can be read; what is wrong with single files stands in the report's problems.
    """
    options = options or ImportOptions()
    with open_archive(path, MARKERS) as archive:
        if not MARKERS.intersection(archive.names):
            cut_off = (problem for problem in archive.problems if isinstance(problem, NotAnArchiveError))
            raise next(cut_off, NotAnExportError(file=path.name))
        layout = read_layout(archive, options.private_channels, options.places)
        newest = _newest_entries(archive, layout.days, now)
        workspace_id = options.workspace_id or _workspace_id(layout, newest)
        reading = _Reading(archive, layout, workspace_id, Sight(_witnessed(newest, now), now))
        reading.record_lists(database)
        with rarely_collecting():
            reading.record_messages(database, progress)
        return reading.report()


class _Reading:
    """One import on its way: what is read, and the counts so far."""

    def __init__(self, archive: Archive, layout: Layout, workspace_id: str, sight: Sight) -> None:
        self._archive = archive
        self._workspace_id = workspace_id
        self._sight = sight
        self._channels = [replace(channel, workspace_id=workspace_id) for channel in layout.channels]
        self._members = [replace(member, workspace_id=workspace_id) for member in layout.members]
        self._layout = layout
        self._names = Names()
        self._tally = Tally(problems=list(layout.problems))
        self._gone: list[MessageRef] = []
        self._bots: dict[str, Member] = {}  # integrations that are no members, as their messages name them

    def record_lists(self, database: Database) -> None:
        """Keep workspace, channels and members, and learn what to call them in the messages."""
        with database.begin() as connection:
            corpus = Corpus(connection)
            corpus.record_workspace(Workspace(self._workspace_id))
            corpus.record_channels(self._channels, self._sight.earliest)
            corpus.record_members(self._members, self._sight.earliest)
            # The corpus's own names help an export that lacks users.json.
            known = {member.id: member.display_name for member in corpus.members(self._workspace_id)}
        called = known | {member.id: member.display_name for member in self._members}
        self._names = Names(called.get, {channel.id: channel.name for channel in self._channels}.get)

    def record_messages(self, database: Database, progress: Progress | None) -> None:
        """Keep all messages, a batch a transaction."""
        messages = self._messages(progress)
        while (batch := list(islice(messages, BATCH))) or self._gone:
            with one_batch(database) as corpus:
                corpus.record_members(list(self._bots.values()), self._sight.earliest)
                recorded = self._sight.record(corpus, batch)
                deleted = sum(corpus.delete(ref, self._sight.earliest) for ref in self._gone)
            self._tally.recorded += recorded
            self._tally.deleted += deleted
            self._gone.clear()
            self._bots.clear()

    def report(self) -> SlackReport:
        """The counts."""
        return SlackReport(
            workspace_id=self._workspace_id,
            channels=len(self._channels),
            members=len(self._members),
            threads=self._tally.threads,
            messages=self._tally.messages,
            new=self._tally.recorded.new,
            changed=self._tally.recorded.changed,
            deleted=self._tally.deleted,
            skipped=dict(sorted(self._tally.skipped.items())),
            unread=dict(sorted(self._layout.unread.items())),
            problems=tuple(self._tally.problems),
        )

    def _messages(self, progress: Progress | None) -> Iterator[Message]:
        """The messages of all day files that can be read, each once a channel and day."""
        days = self._layout.days
        for done, day in enumerate(days, start=1):
            try:
                entries = read_list(self._archive, day.name)
            except KyosoError as problem:
                self._tally.problems.append(problem)
            else:
                yield from self._kept(day, entries)
            if progress is not None:
                progress(done, len(days))

    def _kept(self, day: DayFile, entries: Iterable[Any]) -> Iterable[Message]:
        """The messages of one day file, in order; the others are counted."""
        kept: dict[str, Message] = {}
        skipped: Counter[str] = Counter()
        for entry in entries:
            message = read_message(entry, self._workspace_id, day.channel_id, self._names)
            if isinstance(message, Message) and _fits(message):
                skipped["repeated"] += message.ref.message_id in kept
                kept[message.ref.message_id] = message
                if not message.by_person and (bot := read_bot(entry, self._workspace_id)):
                    self._bots[bot.id] = bot
            elif isinstance(message, Message):
                skipped[ODD] += 1
            else:
                skipped[message.reason] += 1
                self._note_deleted(day, message, entry)
        if skipped[ODD]:
            self._tally.problems.append(OddEntriesError(file=day.name, count=skipped[ODD]))
        self._tally.skipped.update(+skipped)
        self._tally.threads += sum(message.is_root for message in kept.values())
        return kept.values()

    def _note_deleted(self, day: DayFile, skipped: Skipped, entry: Any) -> None:
        if skipped.reason == "tombstone" and (message_id := message_id_of(entry.get("ts"))):
            self._gone.append(MessageRef(self._workspace_id, day.channel_id, message_id))


def _fits(message: Message) -> bool:
    """Whether the ids are such as Slack gives, and not of some hostile length."""
    return max(len(message.ref.message_id), len(message.root.message_id), len(message.author_id)) <= LONGEST_ID and all(
        len(reaction.emoji) <= LONGEST_EMOJI and max(map(len, reaction.member_ids), default=0) <= LONGEST_ID
        for reaction in message.reactions
    )


def _newest_entries(archive: Archive, days: Iterable[DayFile], now: datetime) -> list[Mapping[str, Any]]:
    """The messages of the newest day that tells of a moment before `now`; empty where none does."""
    in_order = sorted(days, key=lambda day: day.day, reverse=True)
    for _, files in groupby(in_order, key=lambda day: day.day):
        entries = [entry for file in files for entry in _sound_entries(archive, file.name)]
        if any(True for _ in _moments(entries, now)):
            return entries
    return []


def _sound_entries(archive: Archive, name: str) -> list[Mapping[str, Any]]:
    try:
        return [entry for entry in read_list(archive, name) if isinstance(entry, dict)]
    except KyosoError:
        return []  # reported when its turn comes


def _witnessed(entries: Iterable[Mapping[str, Any]], now: datetime) -> datetime:
    """The latest moment that the entries tell of, which the export cannot be older than."""
    return max(_moments(entries, now), default=LONG_AGO)


def _moments(entries: Iterable[Mapping[str, Any]], now: datetime) -> Iterator[datetime]:
    for entry in entries:
        edited = entry.get("edited")
        stamps = (entry.get("ts"), entry.get("latest_reply"), edited.get("ts") if isinstance(edited, dict) else None)
        for stamp in stamps:
            told = moment(stamp) if stamp else None
            if told is not None and told <= now:
                yield told


def _workspace_id(layout: Layout, entries: Iterable[Mapping[str, Any]]) -> str:
    """The workspace of most users; without users, of most of the newest messages, which name their team too."""
    teams = Counter(team for entry in entries if isinstance(team := entry.get("team"), str) and team)
    team_id = layout.team_id or min(teams, key=lambda team: (-teams[team], team), default="")
    return f"slack:{team_id}"[:LONGEST_ID] if team_id else UNKNOWN_WORKSPACE
