"""One transaction over the corpus and the bot's tables: what is said is kept with its cause, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from sqlalchemy import Connection, select

from bot.store.claims import Claims
from bot.store.dispatch import Dispatch
from bot.store.findings import Findings
from bot.store.heard import Heard
from bot.store.histories import Histories
from bot.store.inbox import Inbox
from bot.store.notices import Notices
from bot.store.outbox import Outbox
from bot.store.positions import Positions
from bot.store.preferences import Preferences
from bot.store.quotations import Quotations
from bot.store.renewals import Renewals
from bot.store.runs import Runs
from bot.store.standings import Standings
from bot.store.suggestions import Suggestions
from indexer.corpus import Corpus, Database
from indexer.corpus.tables import threads
from indexer.model import Channel, Member, MessageRef, Thread, Workspace
from indexer.resolution import ResolutionRules

T = TypeVar("T")


class _Store(Generic[T]):
    """A store of a transaction, made when it is first asked for: few need more than three of them."""

    def __init__(self, make: Callable[[Connection], T]) -> None:
        self._make = make

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, work: WorkInProgress, _owner: type) -> T:
        made = work.__dict__[self._name] = self._make(work.connection)  # found there from now on
        return made


class WorkInProgress:
    """The record and the stores, as one open transaction sees them."""

    inbox = _Store(Inbox)
    outbox = _Store(Outbox)
    dispatch = _Store(Dispatch)
    claims = _Store(Claims)
    suggestions = _Store(Suggestions)
    preferences = _Store(Preferences)
    quotations = _Store(Quotations)
    standings = _Store(Standings)
    runs = _Store(Runs)
    notices = _Store(Notices)
    heard = _Store(Heard)
    histories = _Store(Histories)
    findings = _Store(Findings)
    positions = _Store(Positions)
    renewals = _Store(Renewals)

    def __init__(self, connection: Connection, rules: ResolutionRules) -> None:
        self.connection = connection
        self.corpus = Corpus(connection, rules)


class UnitOfWork:
    """Opens transactions: `with unit.begin() as work:` commits at the end, rolls back on an exception."""

    def __init__(self, database: Database, rules: ResolutionRules) -> None:
        self._database = database
        self._rules = rules

    @contextmanager
    def begin(self) -> Iterator[WorkInProgress]:
        """A transaction for writing."""
        with self._database.begin() as connection:
            yield WorkInProgress(connection, self._rules)

    @contextmanager
    def read(self) -> Iterator[WorkInProgress]:
        """A consistent view for reading; never waits for a writer."""
        with self._database.read() as connection:
            yield WorkInProgress(connection, self._rules)

    def member(self, workspace_id: str, member_id: str) -> Member | None:
        """What is on record about a member."""
        with self._database.read() as connection:
            return Corpus(connection, self._rules).member(workspace_id, member_id)

    def channel(self, workspace_id: str, channel_id: str) -> Channel | None:
        """What is on record about a channel."""
        with self._database.read() as connection:
            return Corpus(connection, self._rules).channel(workspace_id, channel_id)

    def member_called(self, workspace_id: str, handle: str) -> Member | None:
        """The member on record of this unique name."""
        with self._database.read() as connection:
            return Corpus(connection, self._rules).called(workspace_id, handle)

    def channel_called(self, workspace_id: str, handle: str) -> Channel | None:
        """The channel on record of this unique name."""
        with self._database.read() as connection:
            return Corpus(connection, self._rules).channel_called(workspace_id, handle)

    def thread(self, ref: MessageRef) -> Thread | None:
        """The thread on record that a message opens or stands in."""
        with self._database.read() as connection:
            return Corpus(connection, self._rules).thread(ref)

    def workspaces(self) -> list[Workspace]:
        """The workspaces whose threads are on record."""
        with self._database.read() as connection:
            corpus = Corpus(connection, self._rules)
            ids = connection.execute(select(threads.c.workspace_id).distinct()).scalars()
            return [corpus.workspace(workspace_id) or Workspace(workspace_id) for workspace_id in ids.all()]
