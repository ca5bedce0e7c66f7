"""Reading threads and channels back, in as few statements as it takes: every search does so with its hits.

The statements are put together once: building them took most of the time of reading five threads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import BindParameter, ColumnElement, Connection, Integer, Select, and_, bindparam, exists, select

from indexer.corpus.prepared import Prepared
from indexer.corpus.tables import channels, marks, memberships, messages, reactions, threads
from indexer.model import Channel, Mark, MarkKind, Message, MessageKind, MessageRef, Reaction, Thread, Visibility
from indexer.resolution import ResolutionRules, resolve

T = TypeVar("T")
_Row = tuple[Any, ...]
BATCH = 400  # values in one IN (…); SQLite allows 32,766 variables, short statements are planned faster

_ROOM = tuple(channels.c[name] for name in ("workspace_id", "id", "name", "visibility", "archived", "handle"))
# As `Message` takes them, with what says of which thread and root: `_message` reads them by their order.
_SAID = tuple(messages.c[name] for name in ("message_id", "author_id", "text", "posted_at", "kind", "edited_at"))
# A row for each reaction, and one for a message without any: asking apart takes longer than saying words twice.
_MESSAGES: Select[Any] = (
    select(
        messages.c.thread_id,
        messages.c.id,
        exists(select(marks.c.id).where(marks.c.thread_id == messages.c.thread_id)),
        *_ROOM,
        threads.c.root_id,
        *_SAID,
        reactions.c.emoji,
        reactions.c.member_id,
    )
    .join(threads, threads.c.id == messages.c.thread_id)
    .join(channels, and_(channels.c.workspace_id == threads.c.workspace_id, channels.c.id == threads.c.channel_id))
    .outerjoin(reactions, reactions.c.message == messages.c.id)
    .where(messages.c.deleted_at.is_(None))
    .order_by(messages.c.posted_at, messages.c.message_id, reactions.c.emoji)
)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_MARKS = Prepared(select(marks).where(marks.c.thread_id.in_(_IDS)).order_by(marks.c.at, marks.c.id))
_MEMBERS = Prepared(select(memberships).where(memberships.c.channel_id.in_(_IDS)))


@cache
def _messages_of(many: int) -> Prepared:
    """The messages of so many threads, `id0` and on: an `expanding` list is spelt out anew at every reading."""
    wanted = [bindparam(f"id{place}", type_=Integer) for place in range(many)]
    return Prepared(_MESSAGES.where(messages.c.thread_id.in_(wanted)))


def read_threads(connection: Connection, ids: Sequence[int], rules: ResolutionRules) -> dict[int, Thread]:
    """The threads of these ids, at most BATCH; those whose root is deleted or not yet seen are left out."""
    many = 1 << (len(ids) - 1).bit_length()  # a few statements serve all numbers; an id may be named again
    wanted = {f"id{place}": ids[min(place, len(ids) - 1)] for place in range(many)}
    rows: Sequence[_Row] = _messages_of(many).rows(connection, wanted)
    stated = _marks(connection, {row[0] for row in rows if row[2]})
    rooms = _rooms(connection, rows)
    said: dict[int, list[Message]] = defaultdict(list)
    for _, of_message in groupby(rows, itemgetter(1)):
        told = list(of_message)
        said[told[0][0]].append(_message(told))
    found: dict[int, Thread] = {}
    for thread_id, written in said.items():
        root = next((message for message in written if message.is_root), None)
        if root is not None:
            replies = tuple(message for message in written if message is not root)
            declared = tuple(stated.get(thread_id, ()))
            resolution = resolve(root, replies, declared, rules)
            found[thread_id] = Thread(thread_id, rooms[thread_id], root, replies, declared, resolution)
    return found


def read_said(connection: Connection, thread_id: int) -> list[Message]:
    """All that stands in a thread, in order of time, whether or not its root was ever seen."""
    rows: Sequence[_Row] = _messages_of(1).rows(connection, {"id0": thread_id})
    return [_message(list(of_message)) for _, of_message in groupby(rows, itemgetter(1))]


def read_channels(connection: Connection, where: ColumnElement[bool]) -> list[Channel]:
    """Channels by name, private ones with their members."""
    rooms: Select[Any] = select(*_ROOM)
    rows = connection.execute(rooms.where(where).order_by(channels.c.name)).all()
    return _described(connection, [tuple(row) for row in rows])


def batches(values: Sequence[T]) -> Iterator[list[T]]:
    """Values as many at a time as one statement takes."""
    iterator = iter(values)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def _marks(connection: Connection, ids: Collection[int]) -> dict[int, list[Mark]]:
    """What was declared about threads of which something was."""
    stated: dict[int, list[Mark]] = defaultdict(list)
    for mark in _MARKS.rows(connection, {"ids": sorted(ids)}) if ids else ():
        stated[mark.thread_id].append(Mark(MarkKind(mark.kind), mark.member_id, mark.at, mark.answer_id))
    return stated


def _rooms(connection: Connection, rows: Sequence[_Row]) -> dict[int, Channel]:
    """The channel of each thread."""
    places = {row[0]: row[3 : 3 + len(_ROOM)] for row in rows}
    distinct = list(dict.fromkeys(places.values()))
    channel_at = dict(zip(distinct, _described(connection, distinct), strict=True))
    return {thread_id: channel_at[place] for thread_id, place in places.items()}


def _described(connection: Connection, rooms: Sequence[tuple[Any, ...]]) -> list[Channel]:
    """Channels from rows of _ROOM, private ones with their members."""
    belonging: dict[tuple[str, str], set[str]] = defaultdict(set)
    private = [number for _, number, _, visibility, *_ in rooms if visibility == Visibility.PRIVATE.value]
    for batch in batches(private):
        for row in _MEMBERS.rows(connection, {"ids": batch}):
            belonging[row.workspace_id, row.channel_id].add(row.member_id)
    return [
        Channel(
            workspace_id,
            number,
            name,
            Visibility(visibility),
            archived,
            frozenset(belonging.get((workspace_id, number), ())),
            handle,
        )
        for workspace_id, number, name, visibility, archived, handle in rooms
    ]


def _message(rows: Sequence[_Row]) -> Message:
    """One message from its rows of _MESSAGES, one for each reaction."""
    _, _, _, workspace_id, channel_id, *_, root_id, message_id, author_id, text, posted_at, kind, edited_at, _, _ = (
        rows[0]
    )
    ref = MessageRef(workspace_id, channel_id, message_id)
    root = ref if root_id == message_id else MessageRef(workspace_id, channel_id, root_id)
    given: dict[str, list[str]] = {}
    for *_, emoji, member_id in rows:
        if emoji is not None:
            given.setdefault(emoji, []).append(member_id)
    reacted = tuple(Reaction(emoji, tuple(member_ids)) for emoji, member_ids in given.items())
    return Message(ref, root, author_id, text, posted_at, MessageKind(kind), edited_at, reacted)
