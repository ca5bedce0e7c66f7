"""Imports a Mattermost bulk export into the corpus: teams, channels and users first, then thread by thread.

An export names everything and numbers nothing: its channels, members and posts get ids made up from their unique names
and times (`indexer/corpus/exported.py`), unless the record knows them by the platform's own ids; those that it learns
later take the place of the made-up ones (`indexer/corpus/joining.py`).

**When was what an export says seen?** Newer exports tell when they were made; older ones are dated by the latest moment
that they tell of, as Slack's are. A post that was edited later than that was seen at its edit.

A first pass (`mattermost_survey`) learns who and where, wherever in the file that stands, and finds that moment and the
milliseconds in which more than one post was made: only there one member may have written two posts at once, and their
words must tell them apart. Direct messages are counted by how their lines begin, and never parsed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from indexer.corpus import Corpus, Database
from indexer.model import Message, MessageRef, Reaction
from indexer.municipalities import Municipalities, shipped
from indexer.sources.export_errors import NoSuchTeamError
from indexer.sources.importing import BATCH, ImportReport, Progress, Sight, Tally, one_batch, rarely_collecting
from indexer.sources.json_lines import json_lines
from indexer.sources.mattermost_layout import Layout, Place
from indexer.sources.mattermost_lines import Line, Lines
from indexer.sources.mattermost_markup import message_text
from indexer.sources.mattermost_moments import ExportedThread, Moments, made_up
from indexer.sources.mattermost_post import LONGEST_EMOJI, kind_of, left_out, moment, read_reactions, string
from indexer.sources.mattermost_survey import created_at

# Batches read before the first is kept: sorted by channel, each of them asks for a few channels' threads alone.
READ_AHEAD = 5
ROOTLESS, REPEATED, DELETED = "without_root", "repeated", "deleted"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the export itself does not tell.

    `private_channels`: names of the private channels to read. `team`: the unique name of the one team to read, all of
    them where empty. `server_url`: where the server is. `places`: municipalities by name.
    """

    private_channels: AbstractSet[str] = frozenset()
    team: str = ""
    server_url: str = ""
    places: Municipalities = field(default_factory=shipped)


@dataclass(frozen=True, slots=True)
class MattermostReport(ImportReport):
    """What an import read. `skipped` counts the lines of direct messages and of what concerns no thread, too."""

    workspaces: tuple[str, ...]


def import_mattermost(
    path: Path,
    database: Database,
    now: datetime,
    options: ImportOptions | None = None,
    progress: Progress | None = None,
) -> MattermostReport:
    """Read the export at `path`, a JSONL, or a zip or folder that holds one, into the corpus.

    Raises a BadInputError where nothing can be read; what is wrong with single lines stands in the report's problems.
    """
    options = options or ImportOptions()
    source = json_lines(path)
    created = created_at(source)
    tally = Tally(problems=[source.broken] if source.broken else [])
    layout = Layout(options.private_channels, options.places, options.team, options.server_url)
    lines = Lines(source, tally)
    with rarely_collecting():
        survey = lines.survey(now, layout.learn)
        if layout.lacks_team:
            raise NoSuchTeamError(file=source.name, team=options.team, found=", ".join(layout.teams) or "-")
        sight = Sight(created if created is not None and created <= now else survey.latest, now)
        reading = _Reading(layout, lines, tally, Moments(survey.shared), sight)
        reading.read(database, progress)
    return reading.report()


class _Reading:
    """One import on its way: what is read, and the counts so far."""

    def __init__(self, layout: Layout, lines: Lines, tally: Tally, moments: Moments, sight: Sight) -> None:
        self._layout = layout
        self._lines = lines
        self._tally = tally
        self._moments = moments
        self._sight = sight
        self._gone: list[ExportedThread] = []  # posts that the export shows as deleted, one each

    def read(self, database: Database, progress: Progress | None) -> None:
        """Keep everything, a batch of threads a transaction."""
        with database.begin() as connection:
            self._layout.record(Corpus(connection), self._sight.earliest)
        ahead: list[ExportedThread] = []
        size = 0
        for line in self._lines.read(progress):
            if line.kind != "post":
                self._lines.leave(line)
            elif thread := self._thread(line):
                ahead.append(thread)
                size += len(thread.messages)
            if size >= READ_AHEAD * BATCH:
                self._record_threads(database, ahead)
                ahead, size = [], 0
                self._forget(database)
        self._record_threads(database, ahead)
        self._forget(database)
        with database.begin() as connection:
            self._layout.settle(Corpus(connection), self._sight.earliest)

    def report(self) -> MattermostReport:
        """The counts."""
        channels, members = self._layout.counts()
        return MattermostReport(
            workspaces=tuple(self._layout.workspaces),
            channels=channels,
            members=members,
            threads=self._tally.threads,
            messages=self._tally.messages,
            new=self._tally.recorded.new,
            changed=self._tally.recorded.changed,
            deleted=self._tally.deleted,
            skipped=dict(sorted((+self._tally.skipped).items())),
            problems=tuple(self._tally.problems),
        )

    # Threads

    def _thread(self, line: Line) -> ExportedThread | None:
        """The messages of one post and its replies; what is left out is counted."""
        post = line.told
        replies = [reply for reply in _list(post.get("replies")) if isinstance(reply, Mapping)]
        place = self._layout.place(string(post.get("team")), string(post.get("channel")))
        if isinstance(place, str):
            self._tally.skipped[place] += 1 + len(replies)
            return None
        root = self._message(post, place, None)
        if root is None:
            self._note_odd(line.number, post, place)
            self._tally.skipped[ROOTLESS] += len(replies)
            return None
        thread = ExportedThread(place, [root], [string(post.get("user"))])
        seen = {root.ref}
        for reply in replies:
            message = self._message(reply, place, root.ref)
            if message is None:
                self._note_odd(line.number, reply, place)
            elif message.ref in seen and not self._moments.shares(message):
                self._tally.skipped[REPEATED] += 1
            else:
                seen.add(message.ref)
                thread.messages.append(message)
                thread.authors.append(string(reply.get("user")))
        return thread

    def _message(self, post: Mapping[str, Any], place: Place, root: MessageRef | None) -> Message | None:
        """One post or reply; None where it is no part of the record or not whole."""
        author, posted_at = string(post.get("user")), moment(post.get("create_at"))
        if not author or posted_at is None or left_out(post):
            return None
        ref = made_up(place, author, posted_at)
        return Message(
            ref=ref,
            root=root or ref,
            author_id=self._layout.member_id(place, author),
            text=message_text(post, self._layout.names(place)),
            posted_at=posted_at,
            kind=kind_of(post),
            edited_at=moment(post.get("edit_at")),
            reactions=self._reactions(post, place),
        )

    def _reactions(self, post: Mapping[str, Any], place: Place) -> tuple[Reaction, ...]:
        given = read_reactions(post.get("reactions"), "user") if post.get("reactions") else ()
        return tuple(
            Reaction(one.emoji, tuple(self._layout.member_id(place, name) for name in one.member_ids))
            for one in given
            if len(one.emoji) <= LONGEST_EMOJI
        )

    def _note_odd(self, number: int, post: Mapping[str, Any], place: Place) -> None:
        if reason := left_out(post):
            self._tally.skipped[reason] += 1
            if reason == DELETED:
                self._note_deleted(post, place)
        else:
            self._lines.note(number, "user, create_at")

    def _note_deleted(self, post: Mapping[str, Any], place: Place) -> None:
        author, posted_at = string(post.get("user")), moment(post.get("create_at"))
        if author and posted_at is not None:
            ref = made_up(place, author, posted_at)
            said = message_text(post, self._layout.names(place))
            message = Message(ref, ref, self._layout.member_id(place, author), said, posted_at)
            self._gone.append(ExportedThread(place, [message], [author]))

    # The record

    def _record_threads(self, database: Database, ahead: Sequence[ExportedThread]) -> None:
        batch: list[ExportedThread] = []
        size = 0
        for thread in sorted(ahead, key=lambda thread: thread.messages[0].ref.channel_id):
            batch.append(thread)
            size += len(thread.messages)
            if size >= BATCH:
                self._record_batch(database, batch)
                batch, size = [], 0
        self._record_batch(database, batch)

    def _record_batch(self, database: Database, batch: Sequence[ExportedThread]) -> None:
        if not batch:
            return
        with one_batch(database) as corpus:
            self._layout.meet(corpus, self._sight.earliest)
            messages = self._moments.told_apart(corpus, batch)
            recorded = self._sight.record(corpus, corpus.recognised(messages))
        self._tally.recorded += recorded
        self._tally.threads += sum(message.is_root for message in messages)
        self._tally.skipped[REPEATED] += sum(len(thread.messages) for thread in batch) - len(messages)

    def _forget(self, database: Database) -> None:
        """Let what the export shows as deleted lose its words in the corpus too."""
        if not self._gone:
            return
        with one_batch(database) as corpus:
            gone = corpus.recognised([found for one in self._gone if (found := self._moments.earlier(corpus, one))])
            for message in gone:
                written = (message.author_id, message.posted_at)
                self._tally.deleted += corpus.delete(message.ref, self._sight.earliest, written)
        self._gone.clear()


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
