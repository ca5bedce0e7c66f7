"""Nobody's question is left alone: who is told of a waiting question, when, and what becomes of that.

`tell` runs every few minutes of working time: questions whose stage asks for it (`bot.unanswered`) are put down for the
members who fit best (`bot.choosing`), and each member's are said in one direct message. At most two are told of a
question at a stage; who finds it not their field, or names somebody, makes room for the next. A question that somebody
has taken on rests; after a working day without a reply it is free again.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from bot.community import Community
from bot.crosspost import joined, noted
from bot.events import Deleted
from bot.known_notices import UNSAID
from bot.notice_letters import Letters
from bot.store import WorkInProgress
from bot.store.notices import Undertaking
from bot.store.outbox import Delivery, Outgoing
from bot.store.positions import ComeTo
from bot.telling import Look
from bot.unanswered import Stage
from bot.waiting import Waiting
from indexer.model import Message, Thread


class Care:
    """Takes care of waiting questions in the workspaces that are served."""

    def __init__(self, community: Community) -> None:
        self._community = community
        self._unit = community.unit
        self._clock = community.clock
        self._working = community.working_time
        self._watches: dict[str, Waiting] = {}
        self._watching = threading.Lock()
        self._followed: dict[str, ComeTo] = {}  # the positions of which letters tell
        self.letters = Letters(community, Waiting(community, "").rules)

    def tell(self, workspace_id: str) -> int:
        """Tell who is to be told now; how many letters were written."""
        now = self._clock.now()
        with self._watching:
            watch = self.watch(workspace_id)
            if not self._working.is_open(now):
                return 0
            with self._unit.begin() as work:
                work.positions.hold()
                watch.refresh(work, now)
                watch.keep(work)
                look = Look(self._community, work, watch, now)
                look.settle()
                for held in look.lapse():
                    self._release(work, held)
                look.put_down()
                letters = look.tell()
                self._write(work, workspace_id, letters, watch)
                changed = work.renewals.due(workspace_id) | look.left
                followed = self._renew(work, workspace_id, changed - letters.keys(), watch)
            watch.kept()
            self._followed[workspace_id] = followed
            return len(letters)

    def follow(self, workspace_id: str) -> None:
        """Let all letters read as the record has it by now."""
        with self._unit.read() as work:
            come_to = work.positions.now()
        known = self._followed.get(workspace_id)
        if known is not None and (known.threads, known.notices) == (come_to.threads, come_to.notices):
            return
        with self._unit.begin() as work:
            work.positions.hold()
            followed = self._renew(work, workspace_id, work.renewals.due(workspace_id))
        self._followed[workspace_id] = followed

    def watch(self, workspace_id: str) -> Waiting:
        """What waits in a workspace, as of the last look or, the first time, of now."""
        if workspace_id not in self._watches:
            watch = Waiting(self._community, workspace_id)
            with self._unit.read() as work:  # the long first look holds nobody up
                watch.refresh(work, self._clock.now())
            self._watches[workspace_id] = watch
        return self._watches[workspace_id]

    def waiting(self, workspace_id: str, member_id: str) -> list[tuple[Thread, Stage]]:
        """The questions that wait and that a member can open, the longest waiting first; none of their own."""
        now = self._clock.now()
        with self._watching, self._unit.read() as work:
            watch = self.watch(workspace_id)
            watch.refresh(work, now)
            found = list(watch.standing(now))
            audience = work.corpus.audience_of(workspace_id, member_id)
            taken = {held.question for held in work.notices.undertakings(workspace_id)}
            waiting = [
                (thread, standing)
                for thread, standing in found
                if audience.may_open(thread.channel) and thread.root.author_id != member_id and thread.ref not in taken
            ]
            whole = joined(work, (thread for thread, _ in waiting))
        return [one for one in waiting if self.letters.waits(whole[one[0].ref])]

    def topic_of(self, workspace_id: str, thread: Thread) -> str:
        """What a question is about."""
        return self.watch(workspace_id).topic_of(thread)

    def heard(self, message: Message) -> None:
        """A post in a thread: who has taken its question on has kept their word."""
        if message.is_root:
            return
        with self._unit.begin() as work:
            held = work.notices.undertaking(message.root)
            if held is not None and held.member_id == message.author_id:
                self._release(work, held)
            if (question := noted(work, message.root)) is not None:
                work.notices.touch(question)

    def forget(self, event: Deleted) -> None:
        """A message was deleted: it goes from every letter."""
        since = self._clock.now() - self._community.channel_map.care.closed
        with self._unit.begin() as work:
            work.positions.hold()
            # A letter may quote the message as a thread like its question, too: all of them are looked through.
            workspace_id = event.ref.workspace_id
            changed = work.renewals.due(workspace_id) | work.notices.letters(workspace_id, since)
            self._renew(work, workspace_id, changed)
            work.notices.forget(event.ref)

    def _release(self, work: WorkInProgress, held: Undertaking) -> None:
        work.notices.release(held)
        work.outbox.retract(taking_key(held), self._clock.now())

    def _write(self, work: WorkInProgress, workspace_id: str, letters: Mapping[str, str], watch: Waiting) -> None:
        """Write new letters, to each key's member."""
        if letters:
            now = self._clock.now()
            reading = self.letters.read(work, workspace_id, letters, watch)
            for key, reply in self.letters.written(reading, letters).items():
                work.outbox.put(Outgoing(key, workspace_id, Delivery.DIRECT, reply, member_id=letters[key]), now)

    def _renew(
        self, work: WorkInProgress, workspace_id: str, keys: AbstractSet[str], watch: Waiting | None = None
    ) -> ComeTo:
        """Write letters anew; those that read as before stay as they are. The positions of which they tell now.

        Those of which nothing is left, since later ones tell of it, are taken back. Nobody is to say anything more to
        what waits no more.
        """
        now = self._clock.now()
        if keys:
            reading = self.letters.read(work, workspace_id, sorted(keys), watch)
            for key in sorted(keys - reading.told.keys()):
                work.outbox.retract(key, now)
            work.outbox.renew(self.letters.written(reading, list(reading.told)), now)
            told = (notice for of_letter in reading.told.values() for notice in of_letter)
            over = [one.id for one in told if one.answer in UNSAID and one.question not in reading.waiting]
            work.notices.settle(over, now)
        come_to = work.positions.now()
        work.renewals.done(workspace_id, come_to)
        return come_to


def taking_key(held: Undertaking) -> str:
    """The outbox key of the line in the thread that says who prepares an answer."""
    ref = held.question
    return f"taking:{ref.workspace_id}:{ref.channel_id}:{ref.message_id}:{held.member_id}:{held.at.timestamp():.0f}"
