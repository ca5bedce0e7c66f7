"""Carries events in and messages out: one thread works the inbox, one the outbox, both from the database.

An event is done in the end or after many tries set aside; a message is marked as being sent before the platform
gets it, so that after a crash the platform is asked for it by its key before it is sent again. Several processes may
work on one database: each event and message is held by one at a time, and falls to another when its holder died.
What only one member sees cannot be looked for: after a crash in the very moment of sending it is sent again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.conversation import Conversation
from bot.errors import PlatformBusyError, PlatformError, PlatformRefusedError, TooEarlyError
from bot.holding import holds
from bot.ports import ChatPlatform, Clock
from bot.replies import Reply
from bot.replies.cards import OWN_POST
from bot.store import UnitOfWork
from bot.store.inbox import Entry
from bot.store.outbox import Delivery, Kept, State
from indexer.model import MessageRef

ATTEMPTS = 8  # of what fails for no known reason
# Of what fails since the platform is away: after an hour nobody waits for the answer any more.
OUTAGE_ATTEMPTS = 120
EARLY_ATTEMPTS = 4  # of what came before its message: within some 15 seconds the platform has reported that too
LONGEST_PAUSE = 30.0  # seconds between two tries; before that they double from 2 s
POLL_SECONDS = 0.5  # how long a missed wake-up can delay work
RESPOND_MINUTES = 25  # a response handle lives 30 minutes on Slack; what is older is not worth sending
HOLD = timedelta(seconds=10)  # how long after a crash the work in hand lies idle
HOLD_AGAIN_SECONDS = 3.0  # a process that lives renews its hold this often
BEHIND = timedelta(seconds=1)  # how long an update waits for what was said before it

log = structlog.get_logger(__name__)


class Receiver:
    """Works the inbox: translates each entry and lets the conversation hear it."""

    def __init__(
        self,
        unit: UnitOfWork,
        clock: Clock,
        platforms: Mapping[str, ChatPlatform],
        conversations: Mapping[str, Conversation],
    ) -> None:
        self._unit = unit
        self._clock = clock
        self._platforms = platforms
        self._conversations = conversations

    def work(self) -> int:
        """Deal with all that is due; how many entries were taken."""
        with self._unit.read() as work:
            due = work.inbox.due(self._clock.now())
        return sum(self._take(entry) for entry in due)

    def _take(self, entry: Entry) -> bool:
        now = self._clock.now()
        with self._unit.begin() as work:
            if not work.inbox.take(entry, now, now + HOLD):
                return False
        try:
            with holds.held(lambda: self._hold(entry), HOLD_AGAIN_SECONDS):
                self._hear(entry)
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
                work.inbox.done(entry.id)
        return True

    def _hear(self, entry: Entry) -> None:
        platform = self._platforms.get(entry.workspace_id)
        if platform is not None:
            conversation = self._conversations[entry.workspace_id]
            for number, event in enumerate(platform.translate(entry.kind, entry.payload)):
                conversation.hear(event, f"event:{entry.workspace_id}:{entry.event_id}:{number}")

    def _hold(self, entry: Entry) -> None:
        with self._unit.begin() as work:
            work.inbox.hold(entry.id, self._clock.now() + HOLD)

    def _later(self, entry: Entry, error: Exception, attempts: int) -> None:
        again = _again(self._clock.now(), entry.attempts, error)
        with self._unit.begin() as work:
            work.inbox.failed(entry, type(error).__name__, again, attempts=attempts)


class Sender:
    """Works the outbox: hands each message to its platform, once."""

    def __init__(self, unit: UnitOfWork, clock: Clock, platforms: Mapping[str, ChatPlatform]) -> None:
        self._unit = unit
        self._clock = clock
        self._platforms = platforms

    def work(self) -> int:
        """Send all that is due; how many messages were tried."""
        with self._unit.read() as work:
            due = work.outbox.due(self._clock.now())
        return sum(self._try(kept) for kept in due)

    def _try(self, due: Kept) -> bool:
        platform = self._platforms.get(due.outgoing.workspace_id)
        now = self._clock.now()
        with self._unit.begin() as work:
            kept = work.outbox.take(due, now, now + HOLD)
            if kept is None:
                return False
            if kept.outgoing.target and work.outbox.behind(kept):
                work.outbox.put_off(kept, "behind an earlier one", now + BEHIND)
                return False
        if platform is None:
            self._give_up(kept, "no such platform is served")
            return True
        try:
            with holds.held(lambda: self._hold(kept), HOLD_AGAIN_SECONDS):
                sent_id = self._send(platform, kept)
        except PlatformBusyError as error:
            with self._unit.begin() as work:
                work.outbox.put_off(kept, str(error), self._clock.now() + timedelta(seconds=error.seconds))
        except PlatformRefusedError as error:
            self._give_up(kept, str(error))
        except PlatformError as error:
            self._later(kept, error, OUTAGE_ATTEMPTS)
        except Exception as error:  # the boundary: one bad message must not stop the others
            log.exception("message failed", key=kept.outgoing.key)
            self._later(kept, error, ATTEMPTS)
        else:
            self._sent(platform, kept, sent_id)
        return True

    def _sent(self, platform: ChatPlatform, kept: Kept, sent_id: str | None) -> None:
        with self._unit.begin() as work:
            work.outbox.sent(kept.id, self._clock.now(), sent_id)
            if kept.outgoing.reply.attachments and not platform.shows_outbox:
                work.outbox.handed_over(kept.id)
            if kept.outgoing.kind is Delivery.REMOVE and kept.outgoing.target:
                work.outbox.forget(kept.outgoing.target)

    def _send(self, platform: ChatPlatform, kept: Kept) -> str | None:
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
                self._follow(platform, kept)
        return None

    def _follow(self, platform: ChatPlatform, kept: Kept) -> None:
        """Update or remove the post that came before."""
        out = kept.outgoing
        with self._unit.read() as work:
            target = work.outbox.get(out.target or "")
        if target is None or target.sent_id is None:  # it never reached anybody
            return
        where = out.channel_id or out.member_id or ""
        if out.kind is Delivery.REMOVE:
            platform.remove(where, target.sent_id)
        else:
            moved_to = platform.update(where, target.sent_id, self._linked(platform, out.reply))
            if moved_to is not None:
                with self._unit.begin() as work:
                    work.outbox.moved(target.id, moved_to)

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

    def _later(self, kept: Kept, error: Exception, attempts: int) -> None:
        log.warning("message delayed", key=kept.outgoing.key, error=str(error), attempt=kept.attempts + 1)
        again = _again(self._clock.now(), kept.attempts, error)
        with self._unit.begin() as work:
            work.outbox.later(kept, str(error), again, attempts=attempts)

    def _give_up(self, kept: Kept, why: str) -> None:
        log.warning("message refused", key=kept.outgoing.key, why=why)
        with self._unit.begin() as work:
            work.outbox.failed(kept.id, why)


def _again(now: datetime, attempts: int, error: Exception) -> datetime:
    """When to try again: as the platform asks, else after pauses that double from 2 s to LONGEST_PAUSE."""
    asked = error.seconds if isinstance(error, PlatformBusyError) else 0.0
    return now + timedelta(seconds=max(asked, min(LONGEST_PAUSE, 2.0 ** (attempts + 1))))


class Worker:
    """Runs `work` in a thread until stopped, at once when woken and every POLL_SECONDS otherwise."""

    def __init__(self, name: str, work: Callable[[], int]) -> None:
        self._work = work
        self._awake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def wake(self) -> None:
        """There may be something to do."""
        self._awake.set()

    def stop(self, timeout: float = 4.0) -> None:
        """Finish what is in hand, then end."""
        self._stopping.set()
        self._awake.set()
        self._thread.join(timeout)

    @property
    def alive(self) -> bool:
        """Whether the thread is running."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                busy = self._work() > 0
            except Exception:  # the boundary: the database may be away for a moment
                log.exception("worker failed", worker=self._thread.name)
                busy = False
            if not busy:
                self._awake.wait(POLL_SECONDS)
            self._awake.clear()
