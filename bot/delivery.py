"""Carries events in and messages out: one thread works the inbox, one the outbox, both from the database.

An event is done in the end or after many tries set aside; a message is marked as being sent before the platform
gets it, so that after a crash the platform is asked for it by its key before it is sent again. Several processes may
work on one database: each event and message is held by one at a time, and falls to another when its holder died.
What only one member sees cannot be looked for: after a crash in the very moment of sending it is sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.conversation import Conversation
from bot.errors import PlatformBusyError, PlatformError, PlatformRefusedError, TooEarlyError
from bot.holding import holds
from bot.ports import ChatPlatform, Clock
from bot.replies import Reply
from bot.replies.cards import OWN_POST
from bot.store import UnitOfWork, WorkInProgress
from bot.store.inbox import Entry
from bot.store.outbox import Before, Delivery, Due, Kept, Outgoing, State
from indexer.model import MessageRef

ATTEMPTS = 8  # of what fails for no known reason
# Of what fails since the platform is away: after an hour nobody waits for the answer any more.
OUTAGE_ATTEMPTS = 120
EARLY_ATTEMPTS = 4  # of what came before its message: within some 15 seconds the platform has reported that too
LONGEST_PAUSE = 30.0  # seconds between two tries; before that they double from 2 s
RESPOND_MINUTES = 25  # a response handle lives 30 minutes on Slack; what is older is not worth sending
HOLD = timedelta(seconds=10)  # how long after a crash the work in hand lies idle
HOLD_AGAIN_SECONDS = 3.0  # a process that lives renews its hold this often
LATE = timedelta(minutes=2)  # a direct message held up for longer may have missed its reader's hours
BEHIND = timedelta(seconds=1)  # how long an update waits for what was said before it

# When a direct message that is late may be sent: now, or when that is to be asked again.
WelcomeAt = Callable[[WorkInProgress, Outgoing, datetime], datetime]
# What became of a message: notes that in a transaction.
Outcome = Callable[[WorkInProgress], None]

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
        return sum(self._take(entry) for entry in due)

    def _take(self, entry: Entry) -> bool:
        now = self._clock.now()
        with self._unit.begin() as work:
            if not work.inbox.take(entry, now, now + HOLD):
                return False
        try:
            with holds.held(lambda: self._hold(entry), HOLD_AGAIN_SECONDS):
                done = self._hear(entry)
        except PlatformError as error:
            log.warning("event delayed", event_id=entry.event_id, kind=entry.kind, error=str(error))
            self._later(entry, error, OUTAGE_ATTEMPTS)
        except TooEarlyError as error:
            self._later(entry, error, EARLY_ATTEMPTS)
        except Exception as error:  # the boundary: one bad event must not stop the others
            log.exception("event failed", event_id=entry.event_id, kind=entry.kind, attempt=entry.attempts + 1)
            self._later(entry, error, ATTEMPTS)
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
            work.inbox.hold(entry.id, self._clock.now() + HOLD)
        if self._aside:
            self._promise(entry)

    def _promise(self, entry: Entry) -> None:
        """It takes long indeed: say that an answer will come."""
        conversation = self._conversations[entry.workspace_id]
        for number, event in enumerate(self._platforms[entry.workspace_id].translate(entry.kind, entry.payload)):
            conversation.promise(event, f"promise:{entry.workspace_id}:{entry.event_id}:{number}")

    def _later(self, entry: Entry, error: Exception, attempts: int) -> None:
        again = _again(self._clock.now(), entry.attempts, error)
        with self._unit.begin() as work:
            work.inbox.failed(entry, type(error).__name__, again, attempts=attempts)


class Sender:
    """Works the outbox: hands each message to its platform, once."""

    def __init__(
        self,
        unit: UnitOfWork,
        clock: Clock,
        platforms: Mapping[str, ChatPlatform],
        welcome_at: WelcomeAt = lambda _work, _message, now: now,
    ) -> None:
        self._unit = unit
        self._clock = clock
        self._platforms = platforms
        self._welcome_at = welcome_at

    def work(self) -> int:
        """Send all that is due; how many messages were tried.

        What became of one message is noted in the transaction that takes the next.
        """
        with self._unit.read() as work:
            due = work.outbox.due(self._clock.now())
        tried = 0
        noted: Outcome = _nothing
        for one in due:
            with self._unit.begin() as work:
                noted(work)
                taken = self._take(work, one)
            noted = self._try(*taken) if taken is not None else _nothing
            tried += taken is not None
        if noted is not _nothing:
            with self._unit.begin() as work:
                noted(work)
        return tried

    def _take(self, work: WorkInProgress, due: Due) -> tuple[Kept, Before | None] | None:
        """Hold a message, with what it follows; None where another process has it or its turn has not come."""
        now = self._clock.now()
        kept = work.outbox.take(due, now, now + HOLD)
        if kept is None:
            return None
        if kept.outgoing.kind is Delivery.DIRECT and now - kept.created_at > LATE:
            again = self._welcome_at(work, kept.outgoing, now)
            if again > now:
                work.outbox.put_off(kept, "too late for today", again)
                return None
        if kept.outgoing.target is None:
            return kept, None
        before = work.outbox.before(kept)
        if before.under_way:
            work.outbox.put_off(kept, "behind an earlier one", now + BEHIND)
            return None
        return kept, before

    def _try(self, kept: Kept, before: Before | None) -> Outcome:
        """Hand a message to its platform; what is to be noted of that."""
        platform = self._platforms.get(kept.outgoing.workspace_id)
        if platform is None:
            return self._give_up(kept, "no such platform is served")
        try:
            with holds.held(lambda: self._hold(kept), HOLD_AGAIN_SECONDS):
                sent = self._send(platform, kept, before)
        except PlatformBusyError as error:
            why, again = str(error), self._clock.now() + timedelta(seconds=error.seconds)
            return lambda work: work.outbox.put_off(kept, why, again)
        except PlatformRefusedError as error:
            return self._give_up(kept, str(error))
        except PlatformError as error:
            return self._later(kept, error, OUTAGE_ATTEMPTS)
        except Exception as error:  # the boundary: one bad message must not stop the others
            log.exception("message failed", key=kept.outgoing.key)
            return self._later(kept, error, ATTEMPTS)
        return partial(self._sent, platform, kept, before, sent)

    def _sent(
        self, platform: ChatPlatform, kept: Kept, before: Before | None, sent: str | None, work: WorkInProgress
    ) -> None:
        out = kept.outgoing
        changes = out.kind in (Delivery.UPDATE, Delivery.REMOVE)  # a post may only link to the one it comes after
        work.outbox.sent(kept.id, self._clock.now(), None if changes else sent)
        if changes and before is not None and before.post is not None and sent is not None:
            work.outbox.moved(before.post, sent)
        if out.reply.attachments and not platform.shows_outbox:
            work.outbox.handed_over(kept.id)
        if out.kind is Delivery.REMOVE and out.target:
            work.outbox.forget(out.target)

    def _send(self, platform: ChatPlatform, kept: Kept, before: Before | None) -> str | None:
        """Hand a message over; the id under which it, or the post that it follows, stands from now on."""
        out = kept.outgoing
        interrupted = kept.state is State.SENDING
        match out.kind:
            case Delivery.POST:
                found = platform.find(out.channel_id, out.thread_id, out.key) if interrupted else None
                return found or platform.post(out.channel_id, out.thread_id, self._linked(platform, out.reply), out.key)
            case Delivery.WHISPER:
                platform.whisper(out.channel_id, out.thread_id, out.member_id or "", out.reply, out.key)
            case Delivery.DIRECT:
                found = platform.find(out.member_id or "", None, out.key) if interrupted else None
                return found or platform.direct(out.member_id or "", out.reply, out.key)
            case Delivery.HOME:  # a page shown anew: twice is once
                platform.show_home(out.member_id or "", out.reply)
            case Delivery.RESPOND:
                if self._clock.now() - kept.created_at < timedelta(minutes=RESPOND_MINUTES):
                    platform.respond(out.handle, out.reply)
            case Delivery.UPDATE | Delivery.REMOVE:
                return self._follow(platform, out, before)
        return None

    def _follow(self, platform: ChatPlatform, out: Outgoing, before: Before | None) -> str | None:
        """Update or remove the post that came before; its new id where that changes."""
        if before is None or before.sent_id is None:  # it never reached anybody
            return None
        where = out.channel_id or out.member_id or ""
        if out.kind is Delivery.REMOVE:
            platform.remove(where, before.sent_id)
            return None
        return platform.update(where, before.sent_id, self._linked(platform, out.reply))

    def _linked(self, platform: ChatPlatform, reply: Reply) -> Reply:
        """The reply with the addresses of the bot's own posts that it links to.

        Raises PlatformRefusedError where such a post never arrived.
        """
        cards = tuple(
            replace(card, url=self._address(platform, card.url.removeprefix(OWN_POST)))
            if card.url.startswith(OWN_POST)
            else card
            for card in reply.cards
        )
        return replace(reply, cards=cards)

    def _address(self, platform: ChatPlatform, key: str) -> str:
        with self._unit.read() as work:
            kept = work.outbox.get(key)
        if kept is None or kept.sent_id is None:
            raise PlatformRefusedError(platform="outbox", method="link", why="the post it links to is not there")
        workspace = platform.workspace
        return workspace.permalink(MessageRef(workspace.id, kept.outgoing.channel_id, kept.sent_id))

    def _hold(self, kept: Kept) -> None:
        with self._unit.begin() as work:
            work.outbox.hold(kept.id, self._clock.now() + HOLD)

    def _later(self, kept: Kept, error: Exception, attempts: int) -> Outcome:
        log.warning("message delayed", key=kept.outgoing.key, error=str(error), attempt=kept.attempts + 1)
        why, again = str(error), _again(self._clock.now(), kept.attempts, error)
        return lambda work: work.outbox.later(kept, why, again, attempts=attempts)

    def _give_up(self, kept: Kept, why: str) -> Outcome:
        log.warning("message refused", key=kept.outgoing.key, why=why)
        return lambda work: work.outbox.failed(kept.id, why)


def _nothing(_work: WorkInProgress) -> None:
    """There is nothing to note."""


def _again(now: datetime, attempts: int, error: Exception) -> datetime:
    """When to try again: as the platform asks, else after pauses that double from 2 s to LONGEST_PAUSE."""
    asked = error.seconds if isinstance(error, PlatformBusyError) else 0.0
    return now + timedelta(seconds=max(asked, min(LONGEST_PAUSE, 2.0 ** (attempts + 1))))
