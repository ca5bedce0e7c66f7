"""What a process that serves does about cyclic garbage: it holds much that stays, and makes few cycles."""

from __future__ import annotations

import gc

# New objects after which cycles among them are looked for; Python's own 700 takes a twentieth of the bot's work, and
# nearly a quarter of a process's first look at what waits. 50,000 objects are some megabytes.
ALLOCATIONS = 50_000


def settle() -> None:
    """Leave what is loaded so far out of garbage collection, which then runs seldom.

    Walking models and indexes takes half a second, for which some question would wait.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS, *gc.get_threshold()[1:])
