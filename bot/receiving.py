"""Carries events in: one thread works the inbox, from the database.

An event is done in the end or after many tries set aside. Several processes may work on one database: each event is
held by one at a time, and falls to another when its holder died.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from bot import retries
from bot.conversation import Conversation
from bot.errors import PlatformError, TooEarlyError
from bot.holding import holds
from bot.ports import ChatPlatform, Clock
from bot.store import UnitOfWork
from bot.store.inbox import Entry

EARLY_ATTEMPTS = 4  # of what came before its message: within some 15 seconds the platform has reported that too

log = structlog.get_logger(__name__)


class Receiver:
    """Works the inbox: translates each entry and lets the conversation hear it.

    What may take long is set aside for a second receiver (`aside`), so that questions need not wait for it; when it
    does take long, its member is told.
    """

    def __init__(
        self,
        unit: UnitOfWork,
        clock: Clock,
        platforms: Mapping[str, ChatPlatform],
        conversations: Mapping[str, Conversation],
        *,
        aside: bool = False,
    ) -> None:
        self._aside = aside
        self._unit = unit
        self._clock = clock
        self._platforms = platforms
        self._conversations = conversations

    def work(self) -> int:
        """Deal with all that is due; how many entries were taken."""
        with self._unit.read() as work:
            due = work.inbox.due(self._clock.now(), aside=self._aside)
        taken = sum(self._take(entry) for entry in due)
        if not self._aside:
            for conversation in self._conversations.values():
                conversation.follow()
        return taken

    def _take(self, entry: Entry) -> bool:
        now = self._clock.now()
        with self._unit.begin() as work:
            if not work.inbox.take(entry, now, now + retries.HOLD):
                return False
        try:
            with holds.held(lambda: self._hold(entry), retries.HOLD_AGAIN_SECONDS):
                done = self._hear(entry)
        except PlatformError as error:
            log.warning("event delayed", event_id=entry.event_id, kind=entry.kind, error=str(error))
            self._later(entry, error, retries.OUTAGE_ATTEMPTS)
        except TooEarlyError as error:
            self._later(entry, error, EARLY_ATTEMPTS)
        except Exception as error:  # the boundary: one bad event must not stop the others
            log.exception("event failed", event_id=entry.event_id, kind=entry.kind, attempt=entry.attempts + 1)
            self._later(entry, error, retries.ATTEMPTS)
        else:
            with self._unit.begin() as work:
                if done:
                    work.inbox.done(entry.id)
                else:
                    work.inbox.set_aside(entry, self._clock.now())
        return True

    def _hear(self, entry: Entry) -> bool:
        """Let the conversation hear of an entry; False where that takes long and is not done here."""
        platform = self._platforms.get(entry.workspace_id)
        if platform is None:
            return True
        conversation = self._conversations[entry.workspace_id]
        for number, event in enumerate(platform.translate(entry.kind, entry.payload)):
            if not self._aside and conversation.lengthy(event):
                return False
            conversation.hear(event, f"event:{entry.workspace_id}:{entry.event_id}:{number}")
        return True

    def _hold(self, entry: Entry) -> None:
        with self._unit.begin() as work:
            work.inbox.hold(entry.id, self._clock.now() + retries.HOLD)
        if self._aside:
            self._promise(entry)

    def _promise(self, entry: Entry) -> None:
        """It takes long indeed: say that an answer will come."""
        conversation = self._conversations[entry.workspace_id]
        for number, event in enumerate(self._platforms[entry.workspace_id].translate(entry.kind, entry.payload)):
            conversation.promise(event, f"promise:{entry.workspace_id}:{entry.event_id}:{number}")

    def _later(self, entry: Entry, error: Exception, attempts: int) -> None:
        again = retries.again(self._clock.now(), entry.attempts, error)
        with self._unit.begin() as work:
            work.inbox.failed(entry, type(error).__name__, again, attempts=attempts)
