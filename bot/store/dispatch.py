"""The outbox as its sender sees it: what is due, who holds it, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, update

from bot.replies import Reply
from bot.store.outgoing import Before, Delivery, Due, Kept, Sent, State, kept_of
from bot.store.tables import outbox
from indexer.corpus.prepared import Prepared
from indexer.corpus.tables import UtcDateTime

_ON_ITS_WAY = (State.WAITING.value, State.SENDING.value)
_DUE = Prepared(
    select(outbox.c.id, outbox.c.state, outbox.c.kind, outbox.c.key, outbox.c.target)
    .where(outbox.c.state.in_(_ON_ITS_WAY), outbox.c.not_before <= bindparam("now"))
    .order_by(outbox.c.id)
    .limit(bindparam("most"))
)
_FREE = outbox.alias("free")
_TAKE = Prepared(
    update(outbox)
    .where(
        outbox.c.id.in_(
            select(_FREE.c.id)
            .where(
                _FREE.c.id.in_(bindparam("ids", expanding=True)),
                _FREE.c.state == bindparam("found"),
                _FREE.c.not_before <= bindparam("now", type_=UtcDateTime),
            )
            .order_by(_FREE.c.id)
            .with_for_update(skip_locked=True)
        )
    )
    .values(state=State.SENDING.value, not_before=bindparam("until", type_=UtcDateTime))
    .returning(outbox)
)
_BEFORE = Prepared(
    select(outbox.c.id, outbox.c.key, outbox.c.target, outbox.c.state, outbox.c.sent_id).where(
        or_(
            outbox.c.key.in_(bindparam("targets", expanding=True)),
            outbox.c.target.in_(bindparam("targets", expanding=True)),
        )
    )
)
_SENT = Prepared(
    update(outbox)
    .where(outbox.c.id == bindparam("number"))
    .values(state=State.SENT.value, sent_at=bindparam("then", type_=UtcDateTime), sent_id=bindparam("there"), error="")
)


class Dispatch:
    """Messages on their way, seen through one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def due(self, at: datetime, limit: int = 20) -> list[Due]:
        """What is to be sent now, oldest first; what a process was sending when it died comes once its hold ends."""
        return [
            Due(row.id, State(row.state), Delivery(row.kind), row.key, row.target)
            for row in _DUE.rows(self._db, {"now": at, "most": limit})
        ]

    def take(self, due: Sequence[Due], at: datetime, until: datetime) -> list[Kept]:
        """Hold messages that are due, found in one state, until then, to hand them over; not those that others have.

        They come back as they read now, oldest first, in the state in which they were found.
        """
        found = due[0].state
        held = {"ids": [one.id for one in due], "found": found.value, "now": at, "until": until}
        taken = [kept_of(row, found) for row in _TAKE.rows(self._db, held)]
        return sorted(taken, key=lambda kept: kept.id)

    def hold(self, kept: Sequence[Kept], held: Sequence[datetime], until: datetime) -> None:
        """Go on holding messages that are in hand; not those whose hold, to one of the moments `held`, was lost."""
        self._db.execute(update(outbox).where(*_held(kept, held)).values(not_before=until))

    def give_back(self, kept: Sequence[Kept], held: Sequence[datetime], at: datetime) -> None:
        """Let go of messages that were not handed over; not those whose hold (likewise) was lost."""
        for one in kept:
            self._db.execute(update(outbox).where(*_held([one], held)).values(state=one.state.value, not_before=at))

    def before(self, several: Sequence[Kept]) -> Mapping[int, Before]:
        """What updates and removals follow, by their numbers."""
        following = [kept for kept in several if kept.outgoing.target is not None]
        if not following:
            return {}
        rows = _BEFORE.rows(self._db, {"targets": [kept.outgoing.target for kept in following]})
        return {kept.id: _before(kept, rows) for kept in following}

    def sent(self, several: Sequence[Sent]) -> None:
        """The platform took messages."""
        _SENT.each(self._db, [{"number": one.kept_id, "then": one.at, "there": one.sent_id} for one in several])

    def moved(self, kept_id: int, sent_id: str) -> None:
        """The message stands under another id now."""
        self._set(kept_id, sent_id=sent_id)

    def handed_over(self, kept_id: int) -> None:
        """Papers given to one member are theirs from then on: no second copy of the words in them is kept."""
        row = self._db.execute(select(outbox.c.kind, outbox.c.reply).where(outbox.c.id == kept_id)).one()
        reply = Reply.from_json(row.reply)
        pictures = tuple(one for one in reply.attachments if one.picture)
        if row.kind == Delivery.DIRECT.value and pictures != reply.attachments:
            self._set(kept_id, reply=replace(reply, attachments=pictures).to_json())

    def later(self, kept: Kept, error: str, at: datetime, *, attempts: int) -> None:
        """Sending failed, it is unknown whether before or after it arrived: again at `at`, after `attempts` no more."""
        tries = kept.attempts + 1
        state = State.FAILED if tries >= attempts else State.SENDING
        self._set(kept.id, state=state.value, attempts=tries, error=error, not_before=at)

    def put_off(self, kept: Kept, error: str, at: datetime) -> None:
        """The platform did not take it and asked to wait: again at `at`, however often.

        It goes back to the state it was found in: an earlier try may have arrived all the same.
        """
        self._set(kept.id, state=kept.state.value, error=error, not_before=at)

    def failed(self, kept_id: int, error: str) -> None:
        """The platform will never take this message."""
        self._set(kept_id, state=State.FAILED.value, error=error)

    def _set(self, kept_id: int, **values: Any) -> None:
        self._db.execute(update(outbox).where(outbox.c.id == kept_id).values(values))


def _held(kept: Sequence[Kept], until: Sequence[datetime]) -> tuple[Any, ...]:
    """Those of these messages that are held until one of these: another process's hold ends at another moment."""
    return (
        outbox.c.id.in_([one.id for one in kept]),
        outbox.c.state == State.SENDING.value,
        outbox.c.not_before.in_(until),
    )


def _before(kept: Kept, rows: Sequence[Any]) -> Before:
    target = kept.outgoing.target
    earlier = [row for row in rows if row.id < kept.id and target in (row.key, row.target)]
    post = next((row for row in earlier if row.key == target), None)
    under_way = any(row.state in _ON_ITS_WAY for row in earlier)
    return Before(post.id if post else None, post.sent_id if post else None, under_way)
