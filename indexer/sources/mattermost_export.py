"""Imports a Mattermost bulk export into the corpus: teams, channels and users first, then thread by thread.

An export names everything and numbers nothing: its channels, members and posts get ids made up from their unique names
and times (`indexer/corpus/exported.py`), unless the record knows them by the platform's own ids; those that it learns
later take the place of the made-up ones (`indexer/corpus/joining.py`).

**When was what an export says seen?** Newer exports tell when they were made; older ones are dated by the latest moment
that they tell of, as Slack's are. A post that was edited later than that was seen at its edit.

A first pass (`mattermost_survey`) finds that moment, and the milliseconds in which more than one post was made: only
there one member may have written two posts at once, and their words must tell them apart. Direct messages are counted
by how their lines begin, and never parsed.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from indexer.corpus import Corpus, Database, Recorded
from indexer.corpus.exported import exported_message_id
from indexer.errors import KyosoError
from indexer.model import Message, MessageRef, Reaction
from indexer.municipalities import Municipalities, shipped
from indexer.sources.export_errors import (
    BadLineError,
    CutOffError,
    NoSuchTeamError,
    TooManyBadLinesError,
)
from indexer.sources.json_lines import LONGEST_LINE, JsonLines, json_lines
from indexer.sources.mattermost_layout import Layout, Place
from indexer.sources.mattermost_markup import message_text
from indexer.sources.mattermost_post import (
    LONGEST_EMOJI,
    kind_of,
    left_out,
    mapping,
    millis_of,
    moment,
    read_reactions,
    string,
)
from indexer.sources.mattermost_survey import DIRECT_LINE, Survey, created_at, parsed, surveyed, why_unread
from indexer.sources.slack_export import BATCH, Progress, rarely_collecting

MOST_BAD_LINES = 100
PROGRESS_EVERY = 200  # lines
DIRECT = frozenset({"direct_channel", "direct_post"})
OTHER = frozenset({"emoji", "role", "scheme"})  # kinds of lines that tell nothing of threads
UNKNOWN, BAD, ROOTLESS, REPEATED = "unknown_line", "unreadable", "without_root", "repeated"


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
class ImportReport:
    """What an import read.

    messages = new + changed + known. `skipped` counts, by reason, the posts and replies that are no part of the record,
    and the lines of direct messages and of what concerns no thread. `threads` counts the root messages.
    """

    workspaces: tuple[str, ...]
    channels: int = 0
    members: int = 0
    threads: int = 0
    messages: int = 0
    new: int = 0
    changed: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[KyosoError, ...] = ()

    @property
    def known(self) -> int:
        """How many messages stood in the corpus already as they are."""
        return self.messages - self.new - self.changed


def import_mattermost(
    path: Path,
    database: Database,
    now: datetime,
    options: ImportOptions | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Read the export at `path`, a JSONL, or a zip or folder that holds one, into the corpus.

    Raises a BadInputError where nothing can be read; what is wrong with single lines stands in the report's problems.
    """
    source = json_lines(path)
    created = created_at(source)
    survey = surveyed(source, now)
    seen_at = created if created is not None and created <= now else survey.latest
    reading = _Reading(source, options or ImportOptions(), survey, (seen_at, now))
    with rarely_collecting():
        reading.read(database, progress)
    return reading.report()


@dataclass(frozen=True, slots=True)
class _Thread:
    """A thread of the export, root first. `authors`: the usernames, in the same order."""

    place: Place
    messages: list[Message]
    authors: list[str]


class _Reading:
    """One import on its way: what is read, and the counts so far."""

    def __init__(
        self, source: JsonLines, options: ImportOptions, survey: Survey, seen: tuple[datetime, datetime]
    ) -> None:
        """`seen`: when the export was made at the earliest, and at the latest."""
        self._source = source
        self._survey = survey
        self._seen_at, self._now = seen
        self._team = options.team
        self._layout = Layout(options.private_channels, options.places, options.team, options.server_url)
        self._recorded = Recorded()
        self._threads = self._bad = 0
        self._skipped: Counter[str] = Counter()
        self._problems: list[KyosoError] = [source.broken] if source.broken else []
        self._taken: set[str] = set()  # made-up ids of messages that share their moment

    def read(self, database: Database, progress: Progress | None) -> None:
        """Keep everything, a batch of threads a transaction."""
        batch: list[_Thread] = []
        size = 0
        for number, kind, told in self._lines(progress):
            if kind != "post":
                self._learn(kind, told)
                continue
            if self._layout.unrecorded:
                self._record_layout(database)
            if thread := self._thread(number, told):
                batch.append(thread)
                size += len(thread.messages)
            if size >= BATCH:
                self._record_batch(database, batch)
                batch, size = [], 0
        if self._layout.unrecorded:
            self._record_layout(database)
        self._record_batch(database, batch)

    def report(self) -> ImportReport:
        """The counts."""
        channels, members = self._layout.counts()
        return ImportReport(
            workspaces=tuple(self._layout.workspaces),
            channels=channels,
            members=members,
            threads=self._threads,
            messages=self._recorded.new + self._recorded.changed + self._recorded.known,
            new=self._recorded.new,
            changed=self._recorded.changed,
            skipped=dict(sorted((+self._skipped).items())),
            problems=tuple(self._problems),
        )

    # Lines

    def _lines(self, progress: Progress | None) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
        """The lines that can be read, but for those of direct messages: their numbers, kinds and contents."""
        try:
            for number, line in self._source:
                if progress is not None and (number % PROGRESS_EVERY == 0 or number == self._survey.lines):
                    progress(number, self._survey.lines)
                if not (said := line.strip()):
                    continue
                if (direct := DIRECT_LINE.match(line)) and (line.endswith(b"\n") or said.endswith(b"}")):
                    self._skipped[direct[1].decode()] += 1
                elif (told := self._told(number, line)) is not None:
                    yield number, *told
        except (CutOffError, TooManyBadLinesError) as problem:
            self._problems.append(problem)

    def _told(self, number: int, line: bytes) -> tuple[str, Mapping[str, Any]] | None:
        """The kind and contents of a line; None, and a problem noted, where it cannot be read."""
        try:
            told = parsed(line)
        except (UnicodeDecodeError, ValueError, RecursionError) as error:
            why = why_unread(error, line)
            if not line.endswith(b"\n") and len(line) <= LONGEST_LINE:
                raise CutOffError(file=self._source.name, line=number, why=why) from error
            self._note(number, why)
            return None
        kind = string(mapping(told).get("type"))
        if kind == "version":
            return None
        contents = mapping(told).get(kind)
        if kind in DIRECT:
            self._skipped[kind] += 1
        elif not kind:
            self._note(number, "type")
        elif isinstance(contents, Mapping):
            return kind, contents
        else:
            self._skipped[kind if kind in OTHER else UNKNOWN] += 1
        return None

    def _note(self, number: int, why: str) -> None:
        self._bad += 1
        self._skipped[BAD] += 1
        if self._bad > MOST_BAD_LINES:
            raise TooManyBadLinesError(file=self._source.name, line=number, count=self._bad)
        self._problems.append(BadLineError(file=self._source.name, line=number, why=why))

    def _learn(self, kind: str, told: Mapping[str, Any]) -> None:
        if not self._layout.learn(kind, told):
            self._skipped[kind if kind in OTHER else UNKNOWN] += 1

    # Threads

    def _thread(self, number: int, post: Mapping[str, Any]) -> _Thread | None:
        """The messages of one post and its replies; what is left out is counted."""
        replies = [reply for reply in _list(post.get("replies")) if isinstance(reply, Mapping)]
        place = self._layout.place(string(post.get("team")), string(post.get("channel")))
        if isinstance(place, str):
            self._skipped[place] += 1 + len(replies)
            return None
        root = self._message(post, place, None)
        if root is None:
            self._note_odd(number, post)
            self._skipped[ROOTLESS] += len(replies)
            return None
        thread = _Thread(place, [root], [string(post.get("user"))])
        seen = {root.ref}
        for reply in replies:
            message = self._message(reply, place, root.ref)
            if message is None:
                self._note_odd(number, reply)
            elif message.ref in seen and millis_of(message.posted_at) not in self._survey.shared:
                self._skipped[REPEATED] += 1
            else:
                seen.add(message.ref)
                thread.messages.append(message)
                thread.authors.append(string(reply.get("user")))
        self._threads += 1
        return thread

    def _message(self, post: Mapping[str, Any], place: Place, root: MessageRef | None) -> Message | None:
        """One post or reply; None where it is no part of the record or not whole."""
        author, posted_at = string(post.get("user")), moment(post.get("create_at"))
        if not author or posted_at is None or left_out(post):
            return None
        ref = _made_up(place, author, posted_at)
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

    def _note_odd(self, number: int, post: Mapping[str, Any]) -> None:
        if reason := left_out(post):
            self._skipped[reason] += 1
        else:
            self._note(number, "user, create_at")

    # The record

    def _record_layout(self, database: Database) -> None:
        if self._layout.lacks_team:
            found = ", ".join(self._layout.teams) or "-"
            raise NoSuchTeamError(file=self._source.name, team=self._team, found=found)
        with database.begin() as connection:
            self._layout.record(Corpus(connection), self._seen_at)

    def _record_batch(self, database: Database, batch: Sequence[_Thread]) -> None:
        if not batch:
            return
        with database.begin() as connection:
            corpus = Corpus(connection)
            self._layout.meet(corpus, self._seen_at)
            words = corpus.words(
                message.ref for thread in batch for message in thread.messages if self._shares(message)
            )
            messages = [message for thread in batch for message in self._told_apart(corpus, thread, words)]
            self._recorded += self._record(corpus, corpus.recognised(messages))
        gc.collect(1)  # the batch's statements and results do hold cycles; none of them may grow old

    def _record(self, corpus: Corpus, messages: Sequence[Message]) -> Recorded:
        """Keep messages; those that were edited later than the export tells it was made, as seen at their edit."""
        late = {m.ref for m in messages if m.edited_at is not None and m.edited_at > self._seen_at}
        recorded = corpus.record([message for message in messages if message.ref not in late], self._seen_at)
        for message in messages if late else ():
            if message.ref in late:
                recorded += corpus.record([message], min(message.edited_at or self._now, self._now))
        return recorded

    def _shares(self, message: Message) -> bool:
        """Whether another post of the export was made in the same millisecond."""
        return millis_of(message.posted_at) in self._survey.shared

    def _told_apart(self, corpus: Corpus, thread: _Thread, words: dict[MessageRef, str]) -> Sequence[Message]:
        """The thread, those messages numbered that one member wrote in one channel at one moment.

        `words`: what the record has under the first id that each of them may bear.
        """
        if not any(self._shares(message) for message in thread.messages):
            return thread.messages
        numbered = [
            self._numbered(corpus, thread.place, message, author, words) if self._shares(message) else message
            for message, author in zip(thread.messages, thread.authors, strict=True)
        ]
        return [replace(message, root=numbered[0].ref) for message in numbered]

    def _numbered(
        self, corpus: Corpus, place: Place, message: Message, author: str, words: dict[MessageRef, str]
    ) -> Message:
        """The message under the id that it had in an earlier export, told by its words, else under one that is free."""
        free: MessageRef | None = None
        ref, nth = message.ref, 0
        while True:
            if ref.message_id not in self._taken:
                stored = words.get(ref) if nth == 0 else corpus.words([ref]).get(ref)
                free = free or ref
                if stored is None or stored == message.text:
                    chosen = free if stored is None else ref
                    self._taken.add(chosen.message_id)
                    return replace(message, ref=chosen)
            nth += 1
            ref = _made_up(place, author, message.posted_at, nth)


def _made_up(place: Place, author: str, posted_at: datetime, nth: int = 0) -> MessageRef:
    message_id = exported_message_id(place.name, author, millis_of(posted_at), nth)
    return MessageRef(place.workspace_id, place.channel_id, message_id)


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
