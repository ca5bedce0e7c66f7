"""「皆さんはどうしていますか」: when enough municipalities have answered, their answers are tallied in the thread.

The tally is posted once and edited in place as answers come, change or go; from then on the thread counts as resolved.
Where the bot may only whisper, or the asker prefers that, they decide whether it is posted. What counts as an answer:
`bot.tally`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bot.community import Community
from bot.events import Deleted
from bot.questions import ALONE, LOUDNESS
from bot.replies import Attachment, Button, Card, Reply
from bot.replies.wording.polls import poll_words
from bot.similar import Place
from bot.store import WorkInProgress
from bot.store.outbox import Delivery, Kept, Outgoing
from bot.tally import Answer, Tally, as_csv, is_poll, tally
from bot.thread_facts import replies_of_others
from indexer.channel_map import Policy
from indexer.model import Mark, MarkKind, Message, MessageRef, Thread

MOST_LINES = 30  # answers listed in the post; the table has all
EXCERPT = 60  # characters of an answer on its line
LOOKED_BACK = timedelta(days=3 * 365)  # how old polls may be that are recognised in an imported record


class Polls:
    """Tallies polls."""

    def __init__(self, community: Community) -> None:
        self._unit = community.unit
        self._map = community.channel_map
        self._composer = community.composer
        self._municipalities = community.municipalities
        self._clock = community.clock
        self._words = poll_words(community.words.lang)
        self._seen: dict[str, int] = {}  # by workspace, up to where of the record polls were recognised

    def posted(self, message: Message) -> None:
        """A reply may be an answer."""
        if not message.is_root:
            self._consider(message.root)

    def edited(self, message: Message) -> None:
        """A question or answer reads otherwise now."""
        self._consider(message.root)

    def deleted(self, event: Deleted) -> None:
        """An answer is gone; with the question everything said in its thread is taken back elsewhere."""
        with self._unit.read() as work:
            thread = work.corpus.thread(event.ref)
        if thread is not None:
            self._consider(thread.ref)

    def show(self, place: Place, root_id: str) -> Reply:
        """The asker wants the tally in the thread, or an ambassador or operator does."""
        question = MessageRef(place.workspace_id, place.channel_id, root_id)
        with self._unit.begin() as work:
            thread = work.corpus.thread(question)
            if thread is None or not is_poll(thread):
                return Reply(self._composer.words.gone)
            found = self._tally(work, thread)
            if len(found.answers) < self._map.poll_answers:
                return Reply(self._words.too_few)
            if _standing(work, question) is None:
                self._post(work, thread, found)
        return Reply(self._words.shown, instead=True)

    def recognise(self, workspace_id: str) -> int:
        """Let polls that had enough answers before the bot came count as resolved; how many there were.

        Nothing is said in them: nobody waits there any more.
        """
        with self._unit.read() as work:
            position = work.corpus.position()
            full = [
                (thread.ref, replies_of_others(thread)[-1].posted_at)
                for thread in work.corpus.each(self._unseen(work, workspace_id))
                if thread.ref.workspace_id == workspace_id and not thread.resolved and self._full(work, thread)
            ]
        self._seen[workspace_id] = position
        for question, answered_at in full:
            with self._unit.begin() as work:
                work.corpus.mark(question, Mark(MarkKind.TALLIED, "", answered_at))
        return len(full)

    def _unseen(self, work: WorkInProgress, workspace_id: str) -> list[int]:
        """The threads of the last years, the first time, then what changed since the last look."""
        seen = self._seen.get(workspace_id)
        if seen is None:
            return work.corpus.active_since(workspace_id, self._clock.now() - LOOKED_BACK)
        return [change.thread_id for change in work.corpus.changed_since(seen)]

    def _full(self, work: WorkInProgress, thread: Thread) -> bool:
        authors = {reply.author_id for reply in replies_of_others(thread)}
        if len(authors) < self._map.poll_answers or _undone(thread) or not is_poll(thread):
            return False
        return len(self._tally(work, thread).answers) >= self._map.poll_answers

    def _consider(self, question: MessageRef) -> None:
        with self._unit.read() as work:  # most threads are no polls: no lock is taken for them
            thread = work.corpus.thread(question)
            concerned = thread is not None and (is_poll(thread) or _standing(work, question) is not None)
        if not concerned:
            return
        with self._unit.begin() as work:
            thread = work.corpus.thread(question)
            if thread is None:
                return
            found = self._tally(work, thread) if is_poll(thread) else Tally(())
            standing = _standing(work, question)
            if not found.answers:
                self._take_back(work, thread, standing)
            elif standing is not None:
                self._renew(work, thread, found, standing)
            elif len(found.answers) >= self._map.poll_answers:
                self._settle(work, thread, found)

    def _settle(self, work: WorkInProgress, thread: Thread, found: Tally) -> None:
        """Enough answers: the thread is resolved, and the tally posted or offered, as the channel permits."""
        policy = self._map.policy(thread.channel.name)
        self._mark(work, thread, MarkKind.TALLIED)
        if thread.channel.archived or policy is Policy.OFF:
            return
        root = thread.root
        alone = work.preferences.get(root.ref.workspace_id, root.author_id, LOUDNESS) == ALONE
        if policy is Policy.THREAD and not alone:
            self._post(work, thread, found)
            return
        button = Button("tally", self._words.show, root.ref.message_id, "primary")
        offer = Reply(self._words.offer.format(count=len(found.answers)), buttons=(button,))
        work.outbox.put(
            Outgoing(
                key=f"tally-offer:{_where(root.ref)}",
                workspace_id=root.ref.workspace_id,
                kind=Delivery.WHISPER,
                reply=offer,
                channel_id=root.ref.channel_id,
                thread_id=root.ref.message_id,
                member_id=root.author_id,
            ),
            self._clock.now(),
        )

    def _post(self, work: WorkInProgress, thread: Thread, found: Tally) -> None:
        ref, now = thread.ref, self._clock.now()
        key = _key(ref)
        if work.outbox.get(key) is not None:  # taken back once, and there are answers again
            key = f"{key}:{now.timestamp():.3f}"
        reply = self._reply(work, thread, found)
        place = {"channel_id": ref.channel_id, "thread_id": ref.message_id}
        work.outbox.put(Outgoing(key, ref.workspace_id, Delivery.POST, reply, **place), now)
        self._mark(work, thread, MarkKind.TALLIED)

    def _renew(self, work: WorkInProgress, thread: Thread, found: Tally, standing: Kept) -> None:
        reply = self._reply(work, thread, found)
        if reply != work.outbox.reads(standing.outgoing.key):
            work.outbox.revise(standing.outgoing.key, reply, self._clock.now())

    def _take_back(self, work: WorkInProgress, thread: Thread, standing: Kept | None) -> None:
        if standing is not None:
            work.outbox.retract(standing.outgoing.key, self._clock.now())
        self._mark(work, thread, MarkKind.UNTALLIED)

    def _mark(self, work: WorkInProgress, thread: Thread, kind: MarkKind) -> None:
        """Declare the thread tallied or not, unless it stands so."""
        ours = [mark.kind for mark in thread.marks if mark.kind in (MarkKind.TALLIED, MarkKind.UNTALLIED)]
        if (ours or [MarkKind.UNTALLIED])[-1] is not kind:
            work.corpus.mark(thread.ref, Mark(kind, "", self._clock.now()))

    def _tally(self, work: WorkInProgress, thread: Thread) -> Tally:
        authors = {reply.author_id for reply in replies_of_others(thread)}
        members = {member.id: member for member in work.corpus.members(thread.ref.workspace_id, sorted(authors))}
        return tally(thread, members, self._municipalities)

    # In words

    def _reply(self, work: WorkInProgress, thread: Thread, found: Tally) -> Reply:
        workspace = work.corpus.workspace(thread.ref.workspace_id)

        def link(message: Message) -> str:
            return workspace.permalink(message.ref) if workspace else ""

        table = as_csv(found, self._words.head, self._words.sizes.__getitem__, link, self._composer.zone)
        cards = [Card(self._words.by_size, "", "\n".join(self._lines(work, found)), "")]
        if found.by_choice:
            cards.insert(0, Card(self._words.by_choice, "", "\n".join(self._choices(found)), ""))
        return Reply(
            self._words.tallied.format(count=len(found.answers)),
            tuple(cards),
            (self._words.note,),
            attachments=(Attachment(self._words.file, table),),
        )

    def _choices(self, found: Tally) -> Iterator[str]:
        for choice, count in found.by_choice:
            yield self._words.choice.format(choice=choice, count=count)
        if found.undecided:
            yield self._words.undecided.format(count=found.undecided)

    def _lines(self, work: WorkInProgress, found: Tally) -> Iterator[str]:
        left = MOST_LINES
        for size, answers in found.by_size:
            yield self._words.size.format(size=self._words.sizes[size], count=len(answers))
            for answer in answers[:left]:
                yield self._words.answer.format(who=self._who(work, answer), said=answer.said(EXCERPT))
            left = max(0, left - len(answers))
        if len(found.answers) > MOST_LINES:
            yield self._words.more.format(count=len(found.answers) - MOST_LINES)

    def _who(self, work: WorkInProgress, answer: Answer) -> str:
        place = answer.place
        if place is None:
            return self._composer.name(work.corpus, answer.message.ref.workspace_id, answer.message.author_id)
        if place.is_prefecture:
            return place.name
        return self._words.place.format(name=place.name, prefecture=place.prefecture)


def _standing(work: WorkInProgress, question: MessageRef) -> Kept | None:
    """The tally that stands, or will stand, in the question's thread."""
    posts = work.outbox.live_posts(question.workspace_id, question.channel_id, question.message_id)
    return next((kept for kept in posts if kept.outgoing.key.startswith(_key(question))), None)


def _undone(thread: Thread) -> bool:
    """Whether a tally was made before and undone by hand or for want of answers."""
    return any(mark.kind is MarkKind.TALLIED for mark in thread.marks)


def _key(question: MessageRef) -> str:
    """The outbox key of the tally of a poll."""
    return f"tally:{_where(question)}"


def _where(ref: MessageRef) -> str:
    return f"{ref.workspace_id}:{ref.channel_id}:{ref.message_id}"
