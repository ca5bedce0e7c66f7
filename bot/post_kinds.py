"""What a new post is: only questions and polls are answered.

Rules over the words of the post, measured on the sample community (`docs/retrieval.md`): an offer, a report or thanks
often carries a question mark somewhere, so what speaks against a question is weighed as well as what speaks for it.
"""

from __future__ import annotations

import re
from enum import StrEnum


class PostKind(StrEnum):
    """What its author wants with a post."""

    QUESTION = "question"
    POLL = "poll"
    ANNOUNCEMENT = "announcement"
    THANKS = "thanks"
    OTHER = "other"


_POLL = re.compile(
    r"(皆さん|みなさん|皆様|みなさま|他の?(自治体|団体|市町村)さん?|各(市町村|自治体|団体)|そちら)[^。\n]{0,40}"
    r"(どう(して|され|やって|でしょう|です|扱)|どのように|どれくらい|何[人課年月件割]|いくら|使って|ありますか|いますか|導入|状況)"
    r"|アンケート(です|させて|お願い)|(状況|事例|実態|体制)を(教えて|お聞かせ|伺)"
)
_ASKS = re.compile(
    r"[?？]|でしょうか|ますか|ですか|ませんか|んですかね|かな[。…\s]|かね[。…\s]"
    r"|(教えて|ご教示|お聞き|伺い|お知恵|助言|アドバイス)"
    r"|(知りたい|聞きたい|困って|悩んで|迷って|分かりません|わかりません|分からな|わからな|うまくいか|助けて|求む)"
    r"|いらっしゃい(ます|ません)か|(方法|事例|情報|経験)[^。\n]{0,10}(ない|あれば|ありません|お持ち)"
)
_ANNOUNCES = re.compile(
    r"(お知らせ|ご案内|開催(します|いたします|のお知らせ)|募集(します|しています|中)|受付(開始|を開始)|申込(み)?(は|フォーム|締切)"
    r"|メンテナンス|公開しました|公表され|リリース|配布します|共有(します|いたします|です)|アーカイブ|登壇|参加者)"
)
_THANKS = re.compile(r"(ありがとうございました|お礼|御礼|感謝|助かりました|お世話になりました)")
_INTRODUCES = re.compile(
    r"(はじめまして|初めまして|と申します|よろしくお願い(いた)?します[。！!]?\s*$|着任|配属|参加しました|自己紹介)"
)
_SHORTEST_QUESTION = 6  # characters; 「？」 alone asks nothing that can be searched
# People often only tell their trouble and ask nothing; from this length on (characters) a post is one.
_SHORTEST_REPORT = 40


def kind_of(text: str) -> PostKind:
    """The kind of a root post."""
    if len(text.strip()) < _SHORTEST_QUESTION:
        return PostKind.OTHER
    asks = len(_ASKS.findall(text))
    announces = len(_ANNOUNCES.findall(text))
    rules = (
        (PostKind.POLL, bool(asks and _POLL.search(text))),
        (PostKind.ANNOUNCEMENT, announces >= 2 and asks <= announces // 2),
        (PostKind.THANKS, asks == 0 and bool(_THANKS.search(text))),
        (PostKind.OTHER, asks <= 1 and bool(_INTRODUCES.search(text))),
        (PostKind.ANNOUNCEMENT, asks == 0 and announces > 0),
        (PostKind.OTHER, asks == 0 and len(text) < _SHORTEST_REPORT),
    )
    return next((kind for kind, holds in rules if holds), PostKind.QUESTION)
