"""What a new post is: only questions and polls are answered.

Whether a post is to be answered is told by a logistic regression over its characters, the ends of its sentences
(「〜でしょうか」 asks, 「〜を開きます」 announces) and the turns of phrase of `bot.post_cues`. It is fitted by
`python -m bot.post_kinds_fit` and kept as plain numbers in `data/post_kinds.json`. Which of the kinds it then is, is
told by rules. Figures: `docs/decisions/0008-post-kinds.md`.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from operator import add, mul
from pathlib import Path
from typing import Self

from bot import post_cues
from indexer.config import SHIPPED


class PostKind(StrEnum):
    """What its author wants with a post."""

    QUESTION = "question"
    POLL = "poll"
    ANNOUNCEMENT = "announcement"
    THANKS = "thanks"
    OTHER = "other"


FILE = SHIPPED / "post_kinds.json"
LONGEST = 2_000  # characters read; what a post is for stands in its first screen
_SHORTEST_QUESTION = 6  # characters; 「？」 alone asks nothing that can be searched

_POLL = re.compile(
    r"(皆さん|みなさん|皆様|みなさま|皆さま|他の?(自治体|団体|市町村)さん?|各(市町村|自治体|団体)|そちら|団体さん|市町村さん)"
    r"[^。\n]{0,40}"
    r"(どう(して|され|やって|でしょう|です|扱)|どのように|どれくらい|何[人課年月件割]|いくら|使って|ますか|ましたか|導入|状況)"
    r"|アンケート(です|させて|お願い)|(状況|事例|実態|体制)を(教えて|お聞かせ|伺)"
)
_THANKS = re.compile(r"(ありがとうございま|お礼|御礼|感謝|助かりました|おかげ|お世話になりました)")
_ANNOUNCES = re.compile(
    r"(お知らせ|ご案内|開催|募集|受付|申込|締切|メンテナンス|公開しました|公表され|リリース|配布|共有(します|いたします|です)|掲載|公募)"
)
_NOISE = re.compile(r"<[^>]*>|https?://\S+")
_NUMBER = re.compile(r"\d+")
_SENTENCE = re.compile(r"(?<=[。？！?!\n])")


def kind_of(text: str) -> PostKind:
    """The kind of a root post."""
    if len(text.strip()) < _SHORTEST_QUESTION:
        return PostKind.OTHER
    if model().asks(text):
        return PostKind.POLL if _POLL.search(text) else PostKind.QUESTION
    if _THANKS.search(text):
        return PostKind.THANKS
    return PostKind.ANNOUNCEMENT if _ANNOUNCES.search(text) else PostKind.OTHER


def asks_many(text: str) -> bool:
    """Whether a root post is a poll: as `kind_of` tells, the turn of phrase first, which is seen at once."""
    return _POLL.search(text) is not None and kind_of(text) is PostKind.POLL


@dataclass(frozen=True, slots=True)
class AskingModel:
    """How sure it is that a post wants an answer, from the grams of its text and its turns of phrase.

    A post's grams count 1 + ln(times), times their IDF, and the whole is brought to length one.
    """

    idf: dict[str, float]
    weights: dict[str, float]
    cues: tuple[float, ...]
    intercept: float
    threshold: float

    @classmethod
    def load(cls, path: Path = FILE) -> Self:
        """Read the numbers that were fitted."""
        data = json.loads(path.read_text(encoding="utf-8"))
        grams = data["grams"]
        return cls(
            {gram: idf for gram, (idf, _) in grams.items()},
            {gram: weight for gram, (_, weight) in grams.items()},
            tuple(data["cues"][name] for name in post_cues.NAMES),
            data["intercept"],
            data["threshold"],
        )

    def asks(self, text: str) -> bool:
        """Whether the post is to be answered."""
        return self.probability(text) >= self.threshold

    def probability(self, text: str) -> float:
        """How probable it is, at the share of questions that the model was fitted to."""
        counts = Counter(filter(self.idf.__contains__, grams_of(text)))
        values = list(map(mul, map(_sublinear, counts.values()), map(self.idf.__getitem__, counts)))
        length = math.sqrt(sum(map(mul, values, values))) or 1.0
        score = self.intercept + sum(map(mul, map(self.weights.__getitem__, counts), values)) / length
        cues = post_cues.counted(text[:LONGEST])
        score += sum(weight * count for weight, count in zip(self.cues, cues, strict=True))
        return 1 / (1 + math.exp(-score))


@cache
def _sublinear(count: int) -> float:
    """What so many times count."""
    return 1 + math.log(count)


@cache
def model() -> AskingModel:
    """The model that ships with the code."""
    return AskingModel.load()


def grams_of(text: str) -> list[str]:
    """Runs of 1 to 3 characters; ends of sentences ($), the beginning of the first (^) and the end of the last (!)."""
    plain = _NUMBER.sub("0", _NOISE.sub("~", unicodedata.normalize("NFKC", text[:LONGEST])))
    pairs = list(map(add, plain, plain[1:]))
    grams = [*plain, *pairs, *map(add, pairs, plain[2:])]
    sentences = [sentence for whole in _SENTENCE.split(plain) if (sentence := whole.strip())]
    for sentence in sentences:
        grams += (f"${sentence[-length:]}" for length in (2, 3, 4, 5, 6))
    if sentences:
        grams += (f"!{sentences[-1][-length:]}" for length in (2, 3, 4, 5))
        grams += (f"^{sentences[0][:length]}" for length in (2, 3, 4))
    return grams
