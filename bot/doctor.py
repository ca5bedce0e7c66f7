"""`kyoso doctor`: what is set up, what is not, and how to mend it, a line each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from indexer.errors import KyosoError


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's outcome. `good` None: not set up, and that may be meant."""

    name: str
    good: bool | None
    text: str


Check = Callable[[], str | None]


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
