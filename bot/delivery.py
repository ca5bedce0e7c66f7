"""Carries events in and messages out: one thread works the inbox, one the outbox, both from the database.

An event is done in the end or after ATTEMPTS tries set aside; a message is marked as being sent before the platform
gets it, so that after a crash the platform is asked for it by its key before it is sent again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog

from bot.conversation import Conversation
from bot.errors import PlatformBusyError, PlatformError, PlatformRefusedError
from bot.ports import ChatPlatform, Clock
from bot.store import UnitOfWork
from bot.store.inbox import Entry
from bot.store.outbox import Delivery, Kept, State

ATTEMPTS = 8  # with pauses doubling from 2 s: the last try is about 8 minutes after the first
POLL_SECONDS = 0.5  # how long a missed wake-up can delay work
LONGEST_PAUSE = 300.0  # seconds between two tries
RESPOND_MINUTES = 25  # a response handle lives 30 minutes on Slack; what is older is not worth sending

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
        for entry in due:
            self._take(entry)
        return len(due)

    def _take(self, entry: Entry) -> None:
        platform = self._platforms.get(entry.workspace_id)
        try:
            if platform is not None:
                conversation = self._conversations[entry.workspace_id]
                for number, event in enumerate(platform.translate(entry.kind, entry.payload)):
                    conversation.hear(event, f"event:{entry.workspace_id}:{entry.event_id}:{number}")
        except Exception as error:  # the boundary: one bad event must not stop the others
            log.exception("event failed", event_id=entry.event_id, kind=entry.kind, attempt=entry.attempts + 1)
            with self._unit.begin() as work:
                work.inbox.failed(entry, repr(error), self._clock.now(), attempts=ATTEMPTS)
            return
        with self._unit.begin() as work:
            work.inbox.done(entry.id)


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
        for kept in due:
            self._try(kept)
        return len(due)

    def _try(self, kept: Kept) -> None:
        platform = self._platforms.get(kept.outgoing.workspace_id)
        if platform is None:
            self._give_up(kept, "no such platform is served")
            return
        interrupted = kept.state is State.SENDING
        with self._unit.begin() as work:
            fresh = work.outbox.get(kept.outgoing.key)
            if fresh is None or fresh.state not in (State.WAITING, State.SENDING):
                return
            work.outbox.sending(fresh.id)
        try:
            sent_id = self._send(platform, fresh, interrupted=interrupted)
        except PlatformBusyError as error:
            with self._unit.begin() as work:
                work.outbox.put_off(fresh, str(error), self._clock.now() + timedelta(seconds=error.seconds))
        except PlatformError as error:
            self._later(fresh, error)
        except PlatformRefusedError as error:
            self._give_up(fresh, str(error))
        except Exception as error:  # the boundary: one bad message must not stop the others
            log.exception("message failed", key=fresh.outgoing.key)
            self._later(fresh, error)
        else:
            with self._unit.begin() as work:
                work.outbox.sent(fresh.id, self._clock.now(), sent_id)

    def _send(self, platform: ChatPlatform, kept: Kept, *, interrupted: bool) -> str | None:
        out = kept.outgoing
        match out.kind:
            case Delivery.POST:
                found = platform.find(out.channel_id, out.thread_id, out.key) if interrupted else None
                return found or platform.post(out.channel_id, out.thread_id, out.reply, out.key)
            case Delivery.WHISPER:
                platform.whisper(out.channel_id, out.thread_id, out.member_id or "", out.reply, out.key)
            case Delivery.DIRECT:
                found = platform.find(out.member_id or "", None, out.key) if interrupted else None
                return found or platform.direct(out.member_id or "", out.reply, out.key)
            case Delivery.RESPOND:
                if self._clock.now() - kept.created_at < timedelta(minutes=RESPOND_MINUTES):
                    platform.respond(out.handle, out.reply)
            case Delivery.UPDATE | Delivery.REMOVE:
                self._follow(platform, kept)
        return None

    def _follow(self, platform: ChatPlatform, kept: Kept) -> None:
        """Update or remove the post that came before; wait for it if it is still on its way."""
        out = kept.outgoing
        with self._unit.read() as work:
            target = work.outbox.get(out.target or "")
        if target is None or target.state in (State.FAILED, State.CANCELLED):
            return
        if target.sent_id is None:
            raise PlatformError(platform=platform.workspace.id, method=out.kind.value, why="its post is not sent yet")
        if out.kind is Delivery.REMOVE:
            platform.remove(out.channel_id, target.sent_id)
        else:
            platform.update(out.channel_id, target.sent_id, out.reply)

    def _later(self, kept: Kept, error: Exception) -> None:
        seconds = min(LONGEST_PAUSE, 2.0 ** (kept.attempts + 1))
        log.warning("message delayed", key=kept.outgoing.key, error=str(error), seconds=seconds)
        with self._unit.begin() as work:
            work.outbox.later(kept, str(error), self._clock.now() + timedelta(seconds=seconds), attempts=ATTEMPTS)

    def _give_up(self, kept: Kept, why: str) -> None:
        log.warning("message refused", key=kept.outgoing.key, why=why)
        with self._unit.begin() as work:
            work.outbox.failed(kept.id, why)


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

    def stop(self, timeout: float = 10.0) -> None:
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
