"""「#〇〇 にも投稿する」: a question in a general channel is made known where those who know gather, if its asker will.

The bot offers it to the asker alone, where one channel is clearly right. When they press, it posts there who asks what
and where, and says so in the question's thread: each links to the other. Nothing is moved, and no word of the question
but its title is repeated. Both go when the question is deleted, and the note tells when it is resolved.

That a question is known elsewhere is told by the outbox: `crossposted`, and for several at once `notes`. What is said
under the note is said to the question: `joined`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from operator import attrgetter

from bot.community import Community
from bot.replies import Button, Card, Reply
from bot.replies.cards import OWN_POST
from bot.replies.wording.crosspost import crosspost_words
from bot.similar import Place
from bot.store import WorkInProgress
from bot.store.outbox import Delivery, Outgoing, State
from indexer.channel_map import Kind, Policy
from indexer.model import Channel, MessageRef, Thread, Visibility

ACTION = "crosspost"


def crosspost_key(question: MessageRef) -> str:
    """The outbox key of the note that makes a question known in another channel."""
    return f"{_key(question.workspace_id)}{question.channel_id}:{question.message_id}"


def crossposted(work: WorkInProgress, question: MessageRef) -> str | None:
    """The id of the channel in which a question was made known, too; None where it was not, or not any more."""
    kept = work.outbox.get(crosspost_key(question))
    gone = kept is None or kept.state in (State.CANCELLED, State.FAILED)
    if kept is None or gone or work.outbox.get(f"remove:{crosspost_key(question)}") is not None:
        return None
    return kept.outgoing.channel_id


def notes(work: WorkInProgress, questions: Collection[MessageRef]) -> dict[MessageRef, MessageRef]:
    """Those of these questions that were made known in another channel, each with the note that says so there."""
    keys = {crosspost_key(question): question for question in questions}
    return {keys[key]: note for key, note in work.outbox.places(keys).items()} if keys else {}


def noted(work: WorkInProgress, note: MessageRef) -> MessageRef | None:
    """The question that a message of the bot's made known in another channel, if it did."""
    key, begins = work.outbox.opening(note), _key(note.workspace_id)
    if key is None or not key.startswith(begins):
        return None
    channel_id, _, message_id = key.removeprefix(begins).partition(":")
    return MessageRef(note.workspace_id, channel_id, message_id)


def joined(
    work: WorkInProgress, threads: Iterable[Thread], known: Mapping[MessageRef, MessageRef] | None = None
) -> dict[MessageRef, Thread]:
    """Threads by their roots, with what was said where their questions were made known, as if it were said in them.

    `known`: their `notes`, where they were read already.
    """
    found = {thread.ref: thread for thread in threads}
    for question, note in (notes(work, found) if known is None else known).items():
        if under := work.corpus.said_under(note):
            replies = sorted((*found[question].replies, *under), key=attrgetter("posted_at"))
            found[question] = replace(found[question], replies=tuple(replies))
    return found


class Crossposts:
    """Offers to make questions known elsewhere, and does so when their askers wish it."""

    def __init__(self, community: Community) -> None:
        self._unit = community.unit
        self._map = community.channel_map
        self._composer = community.composer
        self._words = crosspost_words(community.words.lang)
        self._clock = community.clock

    def buttons(self, thread: Thread, links: tuple[tuple[str, str], ...]) -> tuple[Button, ...]:
        """The offer, for the one channel that is clearly right."""
        if not links or not self._may_leave(thread.channel):
            return ()
        channel_id, name = links[0]
        value = f"{thread.ref.channel_id}:{thread.ref.message_id}:{channel_id}"
        return (Button(ACTION, self._words.button.format(channel=name), value),)

    def offer(self, thread: Thread, links: tuple[tuple[str, str], ...]) -> Reply:
        """The whispered suggestion of a channel, with the offer."""
        return Reply(self._words.offer, links=links, buttons=self.buttons(thread, links))

    def told(self, work: WorkInProgress, question: MessageRef) -> Reply | None:
        """That a question was made known elsewhere, as its asker reads it; None where it was not."""
        channel_id = crossposted(work, question)
        room = work.corpus.channel(question.workspace_id, channel_id) if channel_id else None
        if room is None:
            return None
        return Reply("", notes=(self._words.done.format(channel=room.name),), links=((room.id, room.name),))

    def post(self, place: Place, value: str) -> Reply:
        """The asker pressed: say so there and here, once."""
        question = asked_in(place.workspace_id, value)
        to_id = value.rpartition(":")[2]
        with self._unit.begin() as work:
            thread = work.corpus.thread(question)
            room = work.corpus.channel(place.workspace_id, crossposted(work, question) or to_id)
            if thread is None or thread.ref != question:
                return Reply(self._composer.words.gone)
            refusal = self._refusal(work, place, thread, room)
            if refusal is None and room is not None and self._say(work, thread, room):
                return Reply(self._words.done.format(channel=room.name))
        return Reply(refusal or self._words.not_there)  # it was tried before, and the platform refused it

    def _refusal(self, work: WorkInProgress, place: Place, thread: Thread, room: Channel | None) -> str | None:
        """Why the member may not make the question known in this channel."""
        if thread.root.author_id != place.member_id:
            return self._words.only_asker
        if room is not None and crossposted(work, thread.ref):
            return self._words.already.format(channel=room.name)
        if thread.resolved:
            return self._words.not_needed
        if room is None or not self._may_leave(thread.channel) or not self._may_enter(work, room, place.member_id):
            return self._words.not_there
        return None

    def mend(self, work: WorkInProgress, question: MessageRef) -> None:
        """Let what was said of a question read as it now stands; take it back where the question is gone."""
        key, now = crosspost_key(question), self._clock.now()
        if crossposted(work, question) is None:
            return
        thread = work.corpus.thread(question)
        if thread is None or thread.ref != question:
            for said in (key, _back_key(question)):
                if work.outbox.get(f"remove:{said}") is None:
                    work.outbox.retract(said, now)
            return
        note = self._note(work, thread)
        if work.outbox.reads(key) != note:
            work.outbox.revise(key, note, now)

    def _say(self, work: WorkInProgress, thread: Thread, room: Channel) -> bool:
        question, now = thread.ref, self._clock.now()
        key = crosspost_key(question)
        workspace_id = question.workspace_id
        note = Outgoing(key, workspace_id, Delivery.POST, self._note(work, thread), channel_id=room.id)
        title = self._words.back_title.format(channel=room.name)
        link = Card(title, f"{OWN_POST}{key}", "", "")
        back = Outgoing(
            _back_key(question),
            workspace_id,
            Delivery.POST,
            Reply(self._words.back.format(channel=room.name), (link,)),
            channel_id=question.channel_id,
            thread_id=question.message_id,
            target=key,
        )
        return work.outbox.put(note, now) and work.outbox.put(back, now)

    def _note(self, work: WorkInProgress, thread: Thread) -> Reply:
        workspace = work.corpus.workspace(thread.ref.workspace_id)
        name = self._composer.name(work.corpus, thread.ref.workspace_id, thread.root.author_id)
        facts = self._words.solved if thread.resolved else self._words.please
        card = Card(thread.title, workspace.permalink(thread.ref) if workspace else "", "", facts)
        return Reply(self._words.note.format(name=name, channel=thread.channel.name), (card,))

    @staticmethod
    def _may_leave(room: Channel) -> bool:
        """What is asked where not everybody may read stays there."""
        return room.visibility is Visibility.PUBLIC

    def _may_enter(self, work: WorkInProgress, room: Channel, member_id: str) -> bool:
        """Whether the bot may say there, for this member, what everybody can read."""
        entry = self._map.named(room.name)
        if entry is None or entry.kind not in (Kind.TOPIC, Kind.PREFECTURE) or entry.reply is Policy.OFF:
            return False
        if room.archived or room.visibility is not Visibility.PUBLIC:
            return False
        return work.corpus.audience_of(room.workspace_id, member_id).may_open(room)


def asked_in(workspace_id: str, value: str) -> MessageRef:
    """The question that the button of an offer is about."""
    channel_id, root_id, _ = (*value.split(":"), "", "", "")[:3]
    return MessageRef(workspace_id, channel_id, root_id)


def _key(workspace_id: str) -> str:
    """What the keys of all notes in a workspace begin with."""
    return f"crosspost:{workspace_id}:"


def _back_key(question: MessageRef) -> str:
    """The outbox key of the line in the question's thread that links to the note."""
    return f"crossposted:{question.workspace_id}:{question.channel_id}:{question.message_id}"
