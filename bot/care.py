"""Nobody's question is left alone: who is told of a waiting question, when, and what becomes of that.

`tell` runs every few minutes of working time: questions whose stage asks for it (`bot.unanswered`) are put down for the
members who fit best (`bot.choosing`), and each member's are said in one direct message. At most two are told of a
question at a stage; who finds it not their field, or names somebody, makes room for the next. A question that somebody
has taken on rests; after a working day without a reply it is free again.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping

from bot.community import Community
from bot.crosspost import joined, noted
from bot.events import Deleted
from bot.known_notices import UNSAID
from bot.notice_letters import Letters
from bot.store import WorkInProgress
from bot.store.notices import Answer, Notice, Undertaking
from bot.store.outbox import Delivery, Outgoing
from bot.telling import Look
from bot.unanswered import Stage
from bot.waiting import Waiting
from indexer.model import Message, MessageRef, Thread


class Care:
    """Takes care of waiting questions in the workspaces that are served."""

    def __init__(self, community: Community) -> None:
        self._community = community
        self._unit = community.unit
        self._clock = community.clock
        self._working = community.working_time
        self._watches: dict[str, Waiting] = {}
        self._watching = threading.Lock()
        self.letters = Letters(community, Waiting(community, "").rules)

    def tell(self, workspace_id: str) -> int:
        """Tell who is to be told now; how many letters were written."""
        now = self._clock.now()
        with self._watching:
            watch = self.watch(workspace_id)
            if not self._working.is_open(now):
                return 0
            with self._unit.begin() as work:
                watch.refresh(work, now)
                watch.keep(work)
                look = Look(self._community, work, watch, now)
                stale = look.settle()
                for held in look.lapse():
                    self._release(work, held)
                    stale |= self._about(work, held.question)
                if stale:
                    self._rewrite(work, workspace_id, sorted(stale))
                look.put_down()
                letters = look.tell()
                if look.left:
                    self._clear(work, workspace_id, look.left)
                written = self._write(work, workspace_id, letters, look.waiting)
            watch.kept()
            return written

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

    def renew(self, work: WorkInProgress, question: MessageRef) -> None:
        """Write the letters anew that tell of a question; nobody is to say anything to it while it does not wait."""
        told = work.notices.of(question)
        keys = sorted({notice.key for notice in told if notice.key})
        if not keys:
            return
        now, workspace_id = self._clock.now(), question.workspace_id
        reading = self.letters.read(work, workspace_id, keys)
        if question not in reading.waiting:
            work.notices.settle([notice.id for notice in told if notice.answer in UNSAID], now)
        elif settled := [notice.id for notice in told if notice.answer is Answer.SETTLED]:
            work.notices.reopen(settled)
            reading = self.letters.read(work, workspace_id, keys)
        work.outbox.renew(self.letters.written(reading, keys), now)

    def answered(self, work: WorkInProgress, notice: Notice) -> None:
        """A member said something to a notice that concerns them alone: the letter that told them is written anew."""
        if notice.key:
            self._rewrite(work, notice.question.workspace_id, [notice.key])

    def heard(self, message: Message) -> None:
        """A post in a thread: who has taken its question on has kept their word; letters say that it is answered."""
        if message.is_root:
            return
        with self._unit.begin() as work:
            held = work.notices.undertaking(message.root)
            if held is not None and held.member_id == message.author_id:
                self._release(work, held)
            self.renew(work, message.root)
            if (question := noted(work, message.root)) is not None:
                self.renew(work, question)

    def edited(self, message: Message) -> None:
        """A post now reads otherwise: so do the letters that tell of its question."""
        with self._unit.begin() as work:
            self.renew(work, message.root)

    def forget(self, event: Deleted) -> None:
        """A message was deleted: it goes from every letter, and a reply may leave a question open again."""
        since = self._clock.now() - self._community.channel_map.care.closed
        with self._unit.begin() as work:
            thread = work.corpus.thread(event.ref)
            if thread is not None:
                self.renew(work, thread.ref)
            # A letter may quote the message as a thread like its question, too: all of them are looked through.
            workspace_id = event.ref.workspace_id
            self._rewrite(work, workspace_id, sorted(work.notices.letters(workspace_id, since)))
            work.notices.forget(event.ref)

    def _release(self, work: WorkInProgress, held: Undertaking) -> None:
        work.notices.release(held)
        work.outbox.retract(taking_key(held), self._clock.now())

    def _about(self, work: WorkInProgress, question: MessageRef) -> set[str]:
        """The keys of the letters that tell of a question."""
        return {notice.key for notice in work.notices.of(question) if notice.key}

    def _write(
        self,
        work: WorkInProgress,
        workspace_id: str,
        letters: Mapping[str, str],
        waiting: Mapping[MessageRef, Thread],
    ) -> int:
        """Write new letters about questions that wait, to each key's member; how many they are."""
        if letters:
            now = self._clock.now()
            reading = self.letters.read(work, workspace_id, letters, waiting)
            for key, reply in self.letters.written(reading, letters).items():
                work.outbox.put(Outgoing(key, workspace_id, Delivery.DIRECT, reply, member_id=letters[key]), now)
        return len(letters)

    def _clear(self, work: WorkInProgress, workspace_id: str, keys: Collection[str]) -> None:
        """Take letters back of which nothing is left, since later ones tell of it; write the others anew."""
        kept = work.notices.under(keys)
        for key in sorted(set(keys).difference(kept)):
            work.outbox.retract(key, self._clock.now())
        self._rewrite(work, workspace_id, sorted(kept))

    def _rewrite(self, work: WorkInProgress, workspace_id: str, keys: Collection[str]) -> None:
        """Write letters anew; those that read as before stay as they are."""
        reading = self.letters.read(work, workspace_id, keys)
        work.outbox.renew(self.letters.written(reading, keys), self._clock.now())


def taking_key(held: Undertaking) -> str:
    """The outbox key of the line in the thread that says who prepares an answer."""
    ref = held.question
    return f"taking:{ref.workspace_id}:{ref.channel_id}:{ref.message_id}:{held.member_id}:{held.at.timestamp():.0f}"
