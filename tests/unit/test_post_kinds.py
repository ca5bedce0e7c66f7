"""What a post is for."""

from __future__ import annotations

from collections import Counter
from math import exp, log, sqrt

import pytest

from bot.post_cues import NAMES, counted
from bot.post_kinds import AskingModel, PostKind, grams_of, kind_of, model


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


def test_grams_count_by_the_logarithm_of_their_times_and_by_their_rarity() -> None:
    model = AskingModel(
        {"か": 1.5, "すか": 2.0, "$すか": 3.0}, {"か": 0.4, "すか": 0.3, "$すか": 0.2}, (0.0,) * len(NAMES), 0.1, 0.5
    )
    values = {"か": (1 + log(3)) * 1.5, "すか": (1 + log(2)) * 2.0, "$すか": 3.0}
    length = sqrt(sum(value**2 for value in values.values()))
    score = 0.1 + sum(model.weights[gram] * value for gram, value in values.items()) / length
    assert model.probability("か、ですか。ますか") == pytest.approx(1 / (1 + exp(-score)))


def test_grams_tell_runs_of_characters_and_how_sentences_begin_and_end() -> None:
    assert Counter(grams_of("困12！い")) == Counter(
        ["困", "0", "!", "い", "困0", "0!", "!い", "困0!", "0!い"]
        + ["$0!", "$困0!", "$困0!", "$困0!", "$困0!"]
        + ["$い"] * 5
        + ["!い"] * 4
        + ["^困0", "^困0!", "^困0!"]
    )
    assert grams_of("") == []


def test_turns_of_phrase_are_counted_up_to_a_bound() -> None:
    counts = dict(zip(NAMES, counted("何でしょうか。" * 9), strict=True))
    assert counts["asks"] == 3
    assert counts["thanks"] == 0
