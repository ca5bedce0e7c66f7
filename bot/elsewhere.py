"""「こちらで議論されていますよ」: an open thread in another channel on the same matter as a new question.

Such a thread is linked only where it is nearly a duplicate: the search must be sure that the matter is on record, and
the two questions must be much alike. Measured in docs/decisions/0010-discussion-elsewhere.md.
"""

from __future__ import annotations

from datetime import timedelta

from bot.community import Community
from bot.post_kinds import PostKind, kind_of
from bot.replies import Card
from bot.replies.wording.elsewhere import elsewhere_words
from indexer.channel_map import Kind
from indexer.corpus import Corpus
from indexer.model import Audience, Hit, MessageRef, Query, Thread

LOOKED_AT = 10  # the best matches, resolved ones among them
SURE = 0.85  # of the best match; a resolved thread may lie before the open one
ALIKE = 2.5  # standard deviations above what is usual between two questions
LATEST = timedelta(days=90)  # an open thread without a word for longer is no discussion
ASKING = (Kind.GENERAL, Kind.TOPIC, Kind.PREFECTURE)


class Elsewhere:
    """Finds discussions of a matter in other channels."""

    def __init__(self, community: Community) -> None:
        self._search = community.search
        self._map = community.channel_map
        self._composer = community.composer
        self._words = elsewhere_words(community.words.lang)
        self._clock = community.clock

    def find(self, text: str, question: MessageRef, audience: Audience) -> Hit | None:
        """The open thread that discusses the same, that everybody in the audience can open."""
        query = Query(text, audience, k=LOOKED_AT, resolved_only=False, exclude=question)
        hits = self._search.similar(query)
        if not hits or hits[0].confidence < SURE:
            return None
        # An open thread has no answer that could be near: beside a resolved one its own confidence says little.
        alike = (hit for hit in hits if hit.likeness >= ALIKE)
        return next((hit for hit in alike if self.open(hit.thread, question)), None)

    def open(self, thread: Thread, question: MessageRef) -> bool:
        """Whether the thread is an open question in another channel in which something has been said of late."""
        entry = self._map.named(thread.channel.name)
        if thread.resolved or thread.channel.archived or thread.ref.channel_id == question.channel_id:
            return False
        if entry is not None and entry.kind not in ASKING:
            return False
        last = (thread.root, *thread.replies)[-1].posted_at
        asks = kind_of(thread.root.text) in (PostKind.QUESTION, PostKind.POLL)
        return asks and self._clock.now() - last <= LATEST

    def card(self, corpus: Corpus, thread: Thread) -> Card:
        """The thread, as the bot points to it."""
        workspace = corpus.workspace(thread.ref.workspace_id)
        replies = sum(reply.by_person for reply in thread.replies)
        words = self._words.discussed if replies else self._words.asked
        day = self._composer.words.date.format(thread.root.posted_at.astimezone(self._composer.zone))
        facts = words.format(channel=thread.channel.name, replies=replies, date=day)
        return Card(thread.title, workspace.permalink(thread.ref) if workspace else "", "", facts)

    @property
    def alone(self) -> str:
        """The opening line of a post that says nothing else."""
        return self._words.alone

    @property
    def alone_whispered(self) -> str:
        """The opening line of a note to the asker that says nothing else."""
        return self._words.alone_whispered
