"""`kyoso doctor`: what is set up, what is not, and how to mend it, a line each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from bot.errors import UnknownMembersError
from indexer.channel_map import ChannelMap
from indexer.errors import KyosoError
from indexer.model import Member


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's outcome. `good` None: not set up, and that may be meant."""

    name: str
    good: bool | None
    text: str


Check = Callable[[], str | None]


def named_members(channel_map: ChannelMap, members: Collection[Member]) -> str | None:
    """How many people the channel map names. Raises UnknownMembersError where it names somebody who is not there."""
    named = channel_map.operators.union(*(entry.ambassadors for entry in channel_map.entries))
    here = {member.id for member in members if not member.deleted}
    if not named or not members:
        return None
    if unknown := sorted(named - here):
        raise UnknownMembersError(names=", ".join(unknown))
    return str(len(named))


def examine(checks: Mapping[str, Check], lang: str) -> Iterable[Finding]:
    """Make each check in turn: it returns what it found, None where it concerns nothing that is set up, or raises."""
    for name, check in checks.items():
        try:
            text = check()
        except KyosoError as error:
            yield Finding(name, good=False, text=error.text(lang))
        except Exception as error:  # noqa: BLE001 - whatever is wrong is what the doctor is asked for
            yield Finding(name, good=False, text=f"{type(error).__name__}: {error}")
        else:
            yield Finding(name, good=None if text is None else True, text=text or "")
