"""From how often confidence was right to the thresholds that keep a wanted precision.

The threshold for a precision p is the lowest step of GRID from which on the lower limit of Wilson's score interval
(E. B. Wilson, JASA 22, 1927) of the share that was right,

    (r/n + z²/2n - z √(r/n (1 - r/n)/n + z²/4n²)) / (1 + z²/n),

reaches p, where n held-out first hits have at least that confidence and r of them were right. With z = 1.645 the true
share lies above it in 95 of 100 cases; few outcomes therefore never allow much.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from indexer.channel_map import ChannelMap, Thresholds

FEWEST_OUTCOMES = 50  # at a share of .8 right its standard error is then .06
Z = 1.645
GRID = tuple(step / 20 for step in range(20))  # coarse: the best of many thresholds would be so by chance
# A whisper that is beside the point disturbs one person and not a room: it may be wrong that much more often.
WHISPER_LESS = 0.2
NEVER = math.inf

Outcomes = Sequence[tuple[float, bool]]


class Why(Enum):
    """Why the thresholds in force are what they are."""

    EXPLICIT = auto()  # no precision is asked for
    TOO_FEW = auto()  # to derive any
    DERIVED = auto()
    OUT_OF_REACH = auto()  # nothing was right often enough: the bot speaks in no thread


@dataclass(frozen=True, slots=True)
class InForce:
    """The thresholds that the bot goes by, and why: derived from so many `outcomes`."""

    thresholds: Thresholds
    why: Why
    outcomes: int = 0


def in_force(channel_map: ChannelMap, outcomes: Outcomes) -> InForce:
    """The thresholds for `target_precision` once there are outcomes enough, else those that the map names."""
    target, named = channel_map.target_precision, channel_map.thresholds
    if target is None:
        return InForce(named, Why.EXPLICIT)
    if len(outcomes) < FEWEST_OUTCOMES:
        return InForce(named, Why.TOO_FEW, len(outcomes))
    whisper = threshold_for(target - WHISPER_LESS, outcomes)
    thread = threshold_for(target, outcomes)
    if thread is None:
        # Whispers go on: without them nobody would ever say again what was right.
        return InForce(
            Thresholds(NEVER, named.whisper if whisper is None else whisper), Why.OUT_OF_REACH, len(outcomes)
        )
    return InForce(Thresholds(thread, min(thread, whisper or 0.0)), Why.DERIVED, len(outcomes))


def threshold_for(precision: float, outcomes: Outcomes) -> float | None:
    """The lowest confidence from which on this precision is safe; None where none is."""
    for step in GRID:
        right = [told for sure, told in outcomes if sure >= step]
        if right and wilson(sum(right), len(right)) >= precision:
            return step
    return None


def wilson(right: int, of: int) -> float:
    """The lower limit of Wilson's score interval."""
    share, doubt = right / of, Z * Z / of
    return (share + doubt / 2 - Z * math.sqrt((share * (1 - share) + doubt / 4) / of)) / (1 + doubt)
