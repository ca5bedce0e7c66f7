"""A new question: has it been answered before, is it discussed elsewhere, and does it belong elsewhere?

`answer` is the middle of a question's way: claim → record → search → route → compose → outbox. `renew` follows edits of
the question, `withdraw` its deletion; both also mend answers elsewhere that quote the message.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.community import Community
from bot.crosspost import Crossposts, asked_in
from bot.elsewhere import Elsewhere
from bot.mending import Mending, answer_key, offer_key, standing_answer
from bot.post_kinds import PostKind, kind_of
from bot.replies import Reply
from bot.routing import Router
from bot.similar import Place
from bot.store import WorkInProgress
from bot.store.outbox import Delivery, Outgoing
from bot.store.suggestions import Draft, Mode, Suggestion
from indexer.channel_map import Policy
from indexer.model import Audience, Channel, Hit, Member, Message, MessageRef, Query, room_audience

MOST_CARDS = 3
LOUDNESS, ALONE = "loudness", "whisper"  # what members prefer who want answers to their questions for themselves
TRIES = 5  # how often a question that changes while the bot thinks is thought over again


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the bot would say to a question: how loudly, which threads, an open one elsewhere, which other channel."""

    mode: Mode
    hits: tuple[Hit, ...] = ()
    elsewhere: Hit | None = None
    links: tuple[tuple[str, str], ...] = ()

    @property
    def shown(self) -> tuple[Hit, ...]:
        """Every thread that is told of."""
        return (*self.hits, self.elsewhere) if self.elsewhere else self.hits


@dataclass(frozen=True, slots=True)
class Case:
    """A question as the record has it. `open`: the bot may answer; `claimed`: it has; `before`: what it said."""

    message: Message
    channel: Channel
    asker: Member | None
    open: bool
    resolved: bool
    claimed: bool
    before: Suggestion | None


class Questions:
    """Answers questions with the resolved threads like them."""

    def __init__(self, community: Community, router: Router, mending: Mending) -> None:
        self._community = community
        self._unit = community.unit
        self._search = community.search
        self._map = community.channel_map
        self._composer = community.composer
        self._clock = community.clock
        self._router = router
        self._mending = mending
        self._elsewhere = Elsewhere(community)
        self._crossposts = Crossposts(community)

    def answer(self, message: Message) -> None:
        """Record a new root message and, where it is a question with a good answer in the past, say so once."""
        with self._unit.begin() as work:
            work.corpus.record([message], message.posted_at, with_reactions=False)
        key = answer_key(message.ref)
        for _ in range(TRIES):
            case = self._case(message.ref)
            if case is None or not case.open or case.claimed:
                return
            verdict = self._judge(case)
            with self._unit.begin() as work:
                if self._case_in(work, message.ref) != case:  # edited, deleted or answered meanwhile
                    continue
                work.claims.take(key, self._clock.now())
                self._say(work, case.message, self._still(work, verdict, message.ref))
                return

    def renew(self, message: Message) -> None:
        """Record an edited message, and bring what was said on it, or quoted from it, up to date."""
        with self._unit.begin() as work:
            work.corpus.record([message], message.edited_at or message.posted_at, with_reactions=False)
            thread = work.corpus.thread(message.ref)
            if thread is None:
                return
            self._mending.mend(work, thread.id, thread.ref)
        for _ in range(TRIES):
            case = self._case(message.ref)
            before = case.before if case else None
            if case is None or before is None or case.resolved or before.draft.query == case.message.text:
                return
            verdict = self._judge(case) if case.open else Verdict(Mode.SILENT)
            with self._unit.begin() as work:
                if self._case_in(work, message.ref) != case:
                    continue
                self._say_again(work, before, case.message, self._still(work, verdict, message.ref))
                return

    def withdraw(self, ref: MessageRef, at: datetime, written: tuple[str, datetime] | None = None) -> None:
        """Forget a deleted message and everything that was said on it or quoted from it."""
        with self._unit.begin() as work:
            if written is not None:
                work.corpus.identify(ref, written)
            thread = work.corpus.thread(ref)
            if not work.corpus.delete(ref, at, written):
                return
            if thread is not None:
                self._mending.mend(work, thread.id, thread.ref)
            work.suggestions.forget(ref)
            self._take_back(work, ref)

    def make_known(self, place: Place, value: str) -> Reply:
        """「#〇〇 にも投稿する」 was pressed: what came of it stands in the place of the offer."""
        told = self._crossposts.post(place, value)
        question = asked_in(place.workspace_id, value)
        with self._unit.read() as work:
            thread = work.corpus.thread(question)
            if thread is None or thread.root.author_id != place.member_id:
                return told
            offered = self._mending.whispered(work, question)
            if offered is None or not offered.cards:
                known = self._crossposts.told(work, question)
                return replace(told, links=known.links if known else (), instead=True)
            return replace(offered, notes=(told.text,), buttons=())

    def audience(self, work: WorkInProgress, channel: Channel, asker: Member | None) -> Audience:
        """Everybody in the channel; a guest's question is answered with what that guest can open."""
        if asker is not None and asker.guest:
            return work.corpus.audience_of(asker.workspace_id, asker.id)
        return self._map.reaching(room_audience(channel))

    def _to_answer(self, message: Message, channel: Channel, asker: Member | None) -> bool:
        if self._map.policy(channel.name) is Policy.OFF or channel.archived:
            return False
        if not message.by_person or not message.is_root or (asker is not None and asker.bot):
            return False
        return kind_of(message.text) in (PostKind.QUESTION, PostKind.POLL)

    def _case(self, ref: MessageRef) -> Case | None:
        with self._unit.read() as work:
            return self._case_in(work, ref)

    def _case_in(self, work: WorkInProgress, ref: MessageRef) -> Case | None:
        thread = work.corpus.thread(ref)
        if thread is None or thread.root.ref != ref:  # deleted, or a reply
            return None
        asker = work.corpus.member(ref.workspace_id, thread.root.author_id)
        return Case(
            thread.root,
            thread.channel,
            asker,
            open=self._to_answer(thread.root, thread.channel, asker),
            resolved=thread.resolved,
            claimed=work.claims.taken(answer_key(ref)),
            before=work.suggestions.of_question(ref),
        )

    def _judge(self, case: Case) -> Verdict:
        """Decide between thread, whisper and silence from the confidence of what is found.

        No transaction for writing is open meanwhile: events must find the inbox open while the bot thinks.
        """
        message, channel, asker = case.message, case.channel, case.asker
        with self._unit.read() as work:
            audience = self.audience(work, channel, asker)
            alone = work.preferences.get(message.ref.workspace_id, message.author_id, LOUDNESS) == ALONE
        query = Query(
            message.text,
            audience,
            k=MOST_CARDS,
            municipality=asker.municipality if asker else None,
            exclude=message.ref,
        )
        thresholds = self._community.in_force.thresholds
        hits = tuple(hit for hit in self._search.similar(query) if hit.confidence >= thresholds.whisper)
        elsewhere = self._elsewhere.find(message.text, message.ref, audience)
        if elsewhere is not None:
            hits = hits[: MOST_CARDS - 1]
        links = self._router.links(message, channel, audience)
        if not hits:
            return _quiet(elsewhere, links)
        permitted = self._map.policy(channel.name) is Policy.THREAD and not alone
        loud = hits[0].confidence >= thresholds.thread and permitted
        return Verdict(Mode.THREAD if loud else Mode.WHISPER, hits, elsewhere, links)

    def _still(self, work: WorkInProgress, verdict: Verdict, question: MessageRef) -> Verdict:
        """The verdict less the threads that were deleted, reopened or resolved since they were found."""
        now = {thread.id: thread for thread in work.corpus.threads(hit.thread.id for hit in verdict.shown)}
        hits = tuple(hit for hit in verdict.hits if hit.thread.id in now and now[hit.thread.id].resolved)
        elsewhere = verdict.elsewhere
        discussed = now.get(elsewhere.thread.id) if elsewhere is not None else None
        if discussed is None or not self._elsewhere.open(discussed, question):
            elsewhere = None
        if not hits:
            return _quiet(elsewhere, verdict.links)
        return replace(verdict, hits=hits, elsewhere=elsewhere)

    def _say(self, work: WorkInProgress, message: Message, verdict: Verdict) -> None:
        now = self._clock.now()
        suggestion_id = work.suggestions.make(_draft(message, verdict), now)
        if verdict.mode is Mode.SILENT:
            return
        reply = self._reply(work, message, verdict, suggestion_id)
        work.outbox.put(_outgoing(message, verdict.mode, reply, answer_key(message.ref)), now)
        thread = work.corpus.thread(message.ref)
        if verdict.mode is Mode.THREAD and verdict.links and thread is not None:
            offer = self._crossposts.offer(thread, verdict.links)
            work.outbox.put(_outgoing(message, Mode.WHISPER, offer, offer_key(message.ref)), now)

    def _say_again(self, work: WorkInProgress, before: Suggestion, message: Message, verdict: Verdict) -> None:
        now = self._clock.now()
        work.suggestions.renew(before.id, _draft(message, verdict))
        standing = standing_answer(work, message.ref)
        if verdict.mode is not Mode.THREAD:
            if standing is not None:
                work.outbox.retract(standing.outgoing.key, now)
            return
        reply = self._reply(work, message, verdict, before.id)
        if standing is not None:
            work.outbox.revise(standing.outgoing.key, reply, now)
            return
        thread = work.corpus.thread(message.ref)
        if thread is not None and not any(reply.by_person for reply in thread.replies):
            key = f"{answer_key(message.ref)}:{now.timestamp():.3f}"
            work.outbox.put(_outgoing(message, verdict.mode, reply, key), now)

    def _reply(self, work: WorkInProgress, message: Message, verdict: Verdict, suggestion_id: int) -> Reply:
        loud = verdict.mode is Mode.THREAD
        thread = work.corpus.thread(message.ref)
        if loud:
            reply = self._composer.answer(work.corpus, verdict.hits, suggestion_id)
        elif verdict.hits or verdict.elsewhere is None:
            reply = self._composer.whisper(work.corpus, verdict.hits, suggestion_id, verdict.links)
        else:
            reply = self._composer.pointed(self._elsewhere.alone_whispered, verdict.links)
        if verdict.elsewhere is not None:
            card = self._elsewhere.card(work.corpus, verdict.elsewhere.thread)
            reply = replace(reply, cards=(*reply.cards, card))
        if loud or thread is None:
            return reply
        return replace(reply, buttons=self._crossposts.buttons(thread, verdict.links))

    def _take_back(self, work: WorkInProgress, question: MessageRef) -> None:
        """Take back the answer and what was shared with the asker."""
        for standing in work.outbox.live_posts(question.workspace_id, question.channel_id, question.message_id):
            work.outbox.retract(standing.outgoing.key, self._clock.now())


def _quiet(elsewhere: Hit | None, links: tuple[tuple[str, str], ...]) -> Verdict:
    """What there is to say without an answer is for the asker alone."""
    return Verdict(Mode.WHISPER if elsewhere or links else Mode.SILENT, (), elsewhere, links)


def _outgoing(message: Message, mode: Mode, reply: Reply, key: str) -> Outgoing:
    return Outgoing(
        key=key,
        workspace_id=message.ref.workspace_id,
        kind=Delivery.POST if mode is Mode.THREAD else Delivery.WHISPER,
        reply=reply,
        channel_id=message.ref.channel_id,
        thread_id=message.ref.message_id,
        member_id=message.author_id,
    )


def _draft(message: Message, verdict: Verdict) -> Draft:
    return Draft(
        workspace_id=message.ref.workspace_id,
        channel_id=message.ref.channel_id,
        root_id=message.ref.message_id,
        member_id=message.author_id,
        mode=verdict.mode,
        query=message.text,
        threads=tuple((hit.thread.id, hit.confidence) for hit in verdict.shown),
    )
