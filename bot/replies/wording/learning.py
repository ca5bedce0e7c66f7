"""What operators read about learning from use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LearningWords:
    """Sentences about refits and thresholds. Braces are filled by the caller."""

    not_yet: str
    too_few: str
    refitted: str
    kept: str
    left: str
    thresholds: str
    never: str
    explicit: str
    too_few_outcomes: str
    derived: str
    out_of_reach: str


JA = LearningWords(
    not_yet="学習はまだ行われていません。",
    too_few="正解の分かる質問が{right}件で、まだ学習には足りません({fewest}件から)。これまでの検索を続けます。",
    refitted=(
        "正解の分かる質問{right}件から学習しました。"
        "並び順 nDCG@10 {ranking}、確信度の誤差(Brier) {calibration}。いずれも学習に使っていない質問での値です。"
    ),
    kept="新しいほうを使います",
    left="よくならないため、これまでのものを使います",
    thresholds="案内する確信度: スレッド {thread}、本人だけ {whisper}",
    never="なし",
    explicit="channel_map.yaml の値です。",
    too_few_outcomes="channel_map.yaml の値です(target_precision から決めるには、記録が{outcomes}件でまだ足りません)。",
    derived="target_precision と、これまでの{outcomes}件の結果から決めました。",
    out_of_reach="これまでの{outcomes}件では target_precision に届く確信度がないため、スレッドには案内しません。",
)

EN = LearningWords(
    not_yet="Nothing was learnt yet.",
    too_few="{right} questions have a known answer, too few to learn from (from {fewest} on); search stays as it is.",
    refitted=(
        "Learnt from {right} questions with a known answer. "
        "Ranking, nDCG@10: {ranking}; confidence, Brier score: {calibration}; both on questions not learnt from."
    ),
    kept="the new one is used",
    left="no better, the old one stays",
    thresholds="Speaks from confidence: thread {thread}, whisper {whisper}",
    never="never",
    explicit="As channel_map.yaml says.",
    too_few_outcomes="As channel_map.yaml says ({outcomes} outcomes are too few to derive them from target_precision).",
    derived="Derived from target_precision and {outcomes} outcomes.",
    out_of_reach="No confidence reaches target_precision in {outcomes} outcomes; nothing is said in threads.",
)


def learning_words(lang: str) -> LearningWords:
    """The sentences in `lang`: Japanese for `ja`, else English."""
    return JA if lang == "ja" else EN
