"""One transaction over the corpus and the bot's tables: what is said is kept with its cause, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class WorkInProgress:
    """The record and the stores, as one open transaction sees them."""

    corpus: Corpus
    inbox: Inbox
    outbox: Outbox
    dispatch: Dispatch
    claims: Claims
    suggestions: Suggestions
    preferences: Preferences
    quotations: Quotations
    standings: Standings
    runs: Runs
    notices: Notices
    heard: Heard
    histories: Histories
    findings: Findings
    positions: Positions
    renewals: Renewals


class UnitOfWork:
    """Opens transactions: `with unit.begin() as work:` commits at the end, rolls back on an exception."""

    def __init__(self, database: Database, rules: ResolutionRules) -> None:
        self._database = database
        self._rules = rules

    @contextmanager
    def begin(self) -> Iterator[WorkInProgress]:
        """A transaction for writing."""
        with self._database.begin() as connection:
            yield self._work(connection)

    @contextmanager
    def read(self) -> Iterator[WorkInProgress]:
        """A consistent view for reading; never waits for a writer."""
        with self._database.read() as connection:
            yield self._work(connection)

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

    def _work(self, connection: Connection) -> WorkInProgress:
        return WorkInProgress(
            Corpus(connection, self._rules),
            Inbox(connection),
            Outbox(connection),
            Dispatch(connection),
            Claims(connection),
            Suggestions(connection),
            Preferences(connection),
            Quotations(connection),
            Standings(connection),
            Runs(connection),
            Notices(connection),
            Heard(connection),
            Histories(connection),
            Findings(connection),
            Positions(connection),
            Renewals(connection),
        )
