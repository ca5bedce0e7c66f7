"""The sentences of recognition: tiers told in private, thanks once a month, candidates for operators."""

from __future__ import annotations

from dataclasses import dataclass

from bot.replies.wording.activity_report import TIERS
from indexer.channel_map import Tier


@dataclass(frozen=True, slots=True)
class RecognitionWords:
    """Sentences of recognition. Braces are filled by the caller."""

    tiers: dict[Tier, str]
    told: str
    told_why: str
    told_record: str
    told_off: str
    opted_out: str
    opted_in: str
    usage: str
    on: str
    off: str
    thanks: str
    month: str
    thanks_by: str
    thanks_names: str
    thanks_people: str
    thanks_more: str
    thanks_note: str
    operators_only: str
    no_candidates: str
    candidates: str
    candidate_did: str
    candidate_where: str
    candidate_topics: str
    candidate_seats: str
    candidate_thread: str
    candidates_balance: str
    candidates_private: str
    usage_candidates: str
    sizes: dict[str, str]  # by `bot.nominations.population_class`


JA = RecognitionWords(
    tiers=TIERS,
    told="{name} さん、いつもご回答をありがとうございます。このたび「{tier}」になられました。",
    told_why=(
        "この1年のうち{months}か月で、{places}団体の方の相談({topics}など)に力を貸してくださいました。"
        "長く、幅広くご協力くださっている方にお贈りしている称号です。"
    ),
    told_record=(
        "このお知らせはあなたにだけお送りしています。ほかの方には公表しません。"
        "上司の方などに示す記録は `/kyoso 活動証明` で作れます。"
    ),
    told_off="称号や毎月のお礼でのご紹介を望まないときは `/kyoso 称号 off` で、いつでも止められます。",
    opted_out=(
        "称号のお知らせ、月のお礼での紹介、アンバサダー候補としての運営への推薦を止めました。"
        "`/kyoso 称号 on` でいつでも戻せます。"
    ),
    opted_in="称号のお知らせと、月のお礼での紹介を受け取ります。`/kyoso 称号 off` でいつでも止められます。",
    usage=(
        "称号と月のお礼は、いま「{state}」です。"
        "`/kyoso 称号 off` で受け取らない、`/kyoso 称号 on` で受け取る、に変えられます。"
    ),
    on="受け取る",
    off="受け取らない",
    thanks="{month}も、たくさんのご回答をありがとうございました。解決した相談から、いくつかご紹介します。",
    month="{0.month}月",
    thanks_by="{names} さん、ありがとうございました。",
    thanks_names="、",
    thanks_people=" さん、",
    thanks_more="このほか{count}件の相談が、皆さんの回答で解決しました。",
    thanks_note="ここでの紹介を望まないときは `/kyoso 称号 off` で、いつでも止められます。",
    operators_only="このコマンドは、運営の方だけがお使いいただけます。",
    no_candidates=(
        "いまのところ、アンバサダーのように回答している方(アンバサダー・運営以外で、{months}か月以上にわたり"
        "{places}団体以上の相談に答えた方)は見つかりませんでした。"
    ),
    candidates="アンバサダーのように回答している方です(運営の方にだけ表示しています)。",
    candidate_did="この1年: 解決につながった回答 {accepted}件、ほかの手助け {other}件 ・ {places}団体 ・ {months}か月",
    candidate_where="{place} ・ {region} ・ {size}",
    candidate_topics="分野: {topics}",
    candidate_seats="今のアンバサダー: {region} {region_seats}人、{size} {class_seats}人",
    candidate_thread="例({topic}): {title}",
    candidates_balance=(
        "回答の実績を、地方と人口規模のつりあいで調整した順です。アンバサダーがすでに多い地方・規模の方は後に、"
        "いない地方・規模の方は前に出ます。"
    ),
    candidates_private="ご本人には知らせていません。称号や推薦を望まないとお知らせくださった方は除いています。",
    usage_candidates="使い方: `/kyoso アンバサダー 候補 5` のように、人数を1から{most}までで書いてください。",
    sizes={
        "10000": "1万人未満",
        "30000": "1万〜3万人",
        "100000": "3万〜10万人",
        "300000": "10万〜30万人",
        "": "30万人以上",
        "prefecture": "都道府県庁",
    },
)

EN = RecognitionWords(
    tiers=TIERS,
    told="{name}, thank you for your answers. You are now a “{tier}”.",
    told_why=(
        "In {months} months of the last year you helped {places} municipalities ({topics} and more). This is said to "
        "members whose help is sustained and broad."
    ),
    told_record="Only you are told; it is not made public. For a record to show at home: `/kyoso ambassador report`.",
    told_off="Rather have no titles or thanks? `/kyoso recognition off`, at any time.",
    opted_out=(
        "No more titles, mention in monthly thanks, or nomination to the operators. "
        "`/kyoso recognition on` undoes this."
    ),
    opted_in="You get titles and may be mentioned in monthly thanks. `/kyoso recognition off` stops this.",
    usage="Titles and monthly thanks are “{state}”. `/kyoso recognition off` or `/kyoso recognition on` changes it.",
    on="on",
    off="off",
    thanks="Thank you for many answers in {month}. Some of the questions that were solved:",
    month="{0:%B}",
    thanks_by="Thank you, {names}.",
    thanks_names=", ",
    thanks_people=", ",
    thanks_more="{count} more questions were solved by your answers.",
    thanks_note="Rather not be mentioned here? `/kyoso recognition off`.",
    operators_only="This command is for operators only.",
    no_candidates=(
        "At present nobody (but ambassadors and operators) answers like an ambassador: in at least {months} months, to "
        "at least {places} municipalities."
    ),
    candidates="Members who answer like ambassadors (only operators see this).",
    candidate_did=(
        "In a year: {accepted} answers that solved it, {other} other help · {places} municipalities · {months} months"
    ),
    candidate_where="{place} · {region} · {size}",
    candidate_topics="Topics: {topics}",
    candidate_seats="Ambassadors now: {region} {region_seats}, {size} {class_seats}",
    candidate_thread="Example ({topic}): {title}",
    candidates_balance=(
        "In order of their help, balanced over regions and sizes: those of regions and sizes with many ambassadors "
        "come later, those of regions and sizes with none sooner."
    ),
    candidates_private="They have not been told. Who opted out of recognition is left out.",
    usage_candidates="Usage: `/kyoso ambassador candidates 5`, a number from 1 to {most}.",
    sizes={
        "10000": "under 10,000",
        "30000": "10,000 to 30,000",
        "100000": "30,000 to 100,000",
        "300000": "100,000 to 300,000",
        "": "300,000 and more",
        "prefecture": "prefectural offices",
    },
)


def recognition_words(lang: str) -> RecognitionWords:
    """The sentences in `lang`: Japanese for `ja`, else English."""
    return JA if lang == "ja" else EN
