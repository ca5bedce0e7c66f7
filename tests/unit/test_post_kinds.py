"""What a post is for."""

from __future__ import annotations

import pytest

from bot.post_cues import NAMES, counted
from bot.post_kinds import AskingModel, PostKind, kind_of, model


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("住民票のコンビニ交付が止まったときの連絡先を教えてください。", PostKind.QUESTION),
        ("人口1万人の町です。施設予約システムの更新で困っています。良い方法はないでしょうか。", PostKind.QUESTION),
        ("みなさんの自治体では、テレワーク端末を何台用意していますか？", PostKind.POLL),
        ("【お知らせ】研修会を開催します。申込は来週まで受付中です。", PostKind.ANNOUNCEMENT),
        ("先日はありがとうございました。おかげさまで解決しました。", PostKind.THANKS),
        ("はじめまして。春から情報係に異動してきました。よろしくお願いします。", PostKind.OTHER),
        ("？", PostKind.OTHER),
        ("", PostKind.OTHER),
    ],
)
def test_kinds(text: str, kind: PostKind) -> None:
    assert kind_of(text) is kind


@pytest.mark.parametrize("text", ["🎉" * 9, "\ud800" * 9, "ｶﾞﾊﾞｸﾗ" * 8_000, "<@U1> <#C1> https://example.jp/", "\n" * 40])
def test_any_text_has_a_kind(text: str) -> None:
    assert kind_of(text) in PostKind
    assert 0 <= model().probability(text) <= 1


def test_a_model_without_grams_says_its_prior() -> None:
    plain = AskingModel({}, {}, (0.0,) * len(NAMES), 0.0, 0.5)
    assert plain.probability("どこに聞けばよいですか") == 0.5
    assert plain.asks("どこに聞けばよいですか")


def test_turns_of_phrase_are_counted_up_to_a_bound() -> None:
    counts = dict(zip(NAMES, counted("何でしょうか。" * 9), strict=True))
    assert counts["asks"] == 3
    assert counts["thanks"] == 0
