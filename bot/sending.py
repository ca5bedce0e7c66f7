"""Carries messages out: one thread works the outbox, from the database.

A message is marked as being sent before the platform gets it, so that after a crash the platform is asked for it by its
key before it is sent again. Several processes may work on one database: each message is held by one at a time, and
falls to another when its holder died. What only one member sees cannot be looked for: after a crash in the very moment
of sending it is sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.errors import PlatformBusyError, PlatformError, PlatformRefusedError
from bot.holding import holds
from bot.ports import ChatPlatform, Clock
from bot.replies import Reply
from bot.replies.cards import OWN_POST
from bot.retries import ATTEMPTS, HOLD, HOLD_AGAIN_SECONDS, OUTAGE_ATTEMPTS, again
from bot.store import UnitOfWork, WorkInProgress
from bot.store.outgoing import Before, Delivery, Due, Kept, Outgoing, Sent, State, in_batches
from indexer.model import MessageRef

RESPOND_MINUTES = 25  # a response handle lives 30 minutes on Slack; what is older is not worth sending
LATE = timedelta(minutes=2)  # a direct message held up for longer may have missed its reader's hours
BEHIND = timedelta(seconds=1)  # how long an update waits for what was said before it
# How long a batch may last before the rest of it is given back: till then what is taken back or revised is said first.
LONGEST_BATCH = timedelta(seconds=1)

# When a direct message that is late may be sent: now, or when that is to be asked again.
WelcomeAt = Callable[[WorkInProgress, Outgoing, datetime], datetime]
# What became of a message: notes that in a transaction.
Outcome = Callable[[WorkInProgress], None]

log = structlog.get_logger(__name__)


@dataclass
class _Batch:
    """Messages in hand, each with what it follows: since when, until when they are held, what became of them.

    `until`: all moments to which they were held, as one thread renews what another gives back.
    """

    messages: Sequence[tuple[Kept, Before | None]]
    since: datetime
    until: list[datetime]
    sent: list[Sent] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def kept(self) -> list[Kept]:
        """The messages alone."""
        return [kept for kept, _ in self.messages]

    def note(self, work: WorkInProgress) -> None:
        """Note what became of them so far."""
        if self.sent:
            work.dispatch.sent(self.sent)
        for outcome in self.outcomes:
            outcome(work)


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

        They are taken some at a time; what became of those is noted in the transaction that takes the next.
        """
        with self._unit.read() as work:
            due = work.dispatch.due(self._clock.now())
        tried = 0
        batch: _Batch | None = None
        for several in in_batches(due):
            with self._unit.begin() as work:
                if batch is not None:
                    batch.note(work)
                batch = self._take(work, several)
            through = self._hand_over(batch)
            tried += through
            if through < len(batch.messages):  # the rest comes first when next is looked what is due
                break
        if batch is not None:
            self._note(batch)
        return tried

    def _take(self, work: WorkInProgress, due: Sequence[Due]) -> _Batch:
        """Hold messages, as far as no other process has them and their turn has come."""
        now = self._clock.now()
        taken = work.dispatch.take(due, now, now + HOLD)
        before = work.dispatch.before(taken)
        ready = [(kept, before.get(kept.id)) for kept in taken if self._ready(work, kept, before.get(kept.id), now)]
        return _Batch(ready, now, [now + HOLD])

    def _ready(self, work: WorkInProgress, kept: Kept, before: Before | None, now: datetime) -> bool:
        """Whether the turn of a message has come; else it is put off."""
        if kept.outgoing.kind is Delivery.DIRECT and now - kept.created_at > LATE:
            welcome = self._welcome_at(work, kept.outgoing, now)
            if welcome > now:
                work.dispatch.put_off(kept, "too late for today", welcome)
                return False
        if before is not None and before.under_way:
            work.dispatch.put_off(kept, "behind an earlier one", now + BEHIND)
            return False
        return True

    def _hand_over(self, batch: _Batch) -> int:
        """Hand messages to their platforms, as far as time permits, and the rest back; how many were tried."""
        with holds.held(partial(self._hold, batch), HOLD_AGAIN_SECONDS):
            for number, (kept, before) in enumerate(batch.messages):
                if number and self._clock.now() - batch.since >= LONGEST_BATCH:
                    self._give_back(batch, number)
                    return number
                self._try(batch, kept, before)
        return len(batch.messages)

    def _try(self, batch: _Batch, kept: Kept, before: Before | None) -> None:
        """Hand a message to its platform."""
        if _links(kept.outgoing.reply):
            self._note(batch)  # where the others stand: it may link to one of them
        platform = self._platforms.get(kept.outgoing.workspace_id)
        if platform is None:
            batch.outcomes.append(_given_up(kept, "no such platform is served"))
            return
        try:
            there = self._send(platform, kept, before)
        except PlatformBusyError as error:
            batch.outcomes.append(self._put_off(kept, error))
        except PlatformRefusedError as error:
            batch.outcomes.append(_given_up(kept, str(error)))
        except PlatformError as error:
            batch.outcomes.append(self._later(kept, error, OUTAGE_ATTEMPTS))
        except Exception as error:  # the boundary: one bad message must not stop the others
            log.exception("message failed", key=kept.outgoing.key)
            batch.outcomes.append(self._later(kept, error, ATTEMPTS))
        else:
            self._arrived(batch, kept, before, there)

    def _arrived(self, batch: _Batch, kept: Kept, before: Before | None, there: str | None) -> None:
        """A message is with its platform; `there`: the id under which it, or the post that it follows, stands."""
        out = kept.outgoing
        changes = out.kind in (Delivery.UPDATE, Delivery.REMOVE)  # a post may only link to the one it comes after
        batch.sent.append(Sent(kept.id, self._clock.now(), None if changes else there))
        if out.reply.attachments and not self._platforms[out.workspace_id].shows_outbox:
            batch.outcomes.append(lambda work: work.dispatch.handed_over(kept.id))
        if out.kind is Delivery.REMOVE and out.target:
            gone = out.target
            batch.outcomes.append(lambda work: work.outbox.forget(gone))
        if changes and before is not None and before.post is not None and there is not None:
            post = before.post
            batch.outcomes.append(lambda work: work.dispatch.moved(post, there))
            self._note(batch)  # at once: where it stood nobody finds it again

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
        if not _links(reply):
            return reply
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

    def _hold(self, batch: _Batch) -> None:
        until = self._clock.now() + HOLD
        batch.until.append(until)  # before it is so: whoever gives back meanwhile finds it
        with self._unit.begin() as work:
            work.dispatch.hold(batch.kept, list(batch.until), until)

    def _give_back(self, batch: _Batch, first: int) -> None:
        """Let go of the messages from this one on."""
        rest, now = batch.kept[first:], self._clock.now()
        batch.outcomes.append(lambda work: work.dispatch.give_back(rest, list(batch.until), now))

    def _note(self, batch: _Batch) -> None:
        if not batch.sent and not batch.outcomes:
            return
        with self._unit.begin() as work:
            batch.note(work)
        batch.sent, batch.outcomes = [], []

    def _put_off(self, kept: Kept, error: PlatformBusyError) -> Outcome:
        why, at = str(error), self._clock.now() + timedelta(seconds=error.seconds)
        return lambda work: work.dispatch.put_off(kept, why, at)

    def _later(self, kept: Kept, error: Exception, attempts: int) -> Outcome:
        log.warning("message delayed", key=kept.outgoing.key, error=str(error), attempt=kept.attempts + 1)
        why, at = str(error), again(self._clock.now(), kept.attempts, error)
        return lambda work: work.dispatch.later(kept, why, at, attempts=attempts)


def _links(reply: Reply) -> bool:
    """Whether a message links to other posts of the bot's."""
    return any(card.url.startswith(OWN_POST) for card in reply.cards)


def _given_up(kept: Kept, why: str) -> Outcome:
    log.warning("message refused", key=kept.outgoing.key, why=why)
    return lambda work: work.dispatch.failed(kept.id, why)
