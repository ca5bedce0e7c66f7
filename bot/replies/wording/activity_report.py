"""The sentences of the activity report (活動証明) and of what is said about it."""

from __future__ import annotations

from dataclasses import dataclass

from indexer.channel_map import Tier


@dataclass(frozen=True, slots=True)
class ActivityReportWords:
    """Sentences about a member's record of a fiscal year. Braces are filled by the caller."""

    sent: str
    sent_before: str
    message: str
    usage: str
    to_come: str
    nothing: str
    nothing_then: str
    title: str
    subtitle: str
    purpose: str
    member: str
    place: str
    year: str
    until_now: str
    made_on: str
    tier: str
    tiers: dict[Tier, str]
    answers: str
    accepted: str
    municipalities: str
    thanks: str
    answers_count: str
    accepted_count: str
    municipalities_count: str
    thanks_count: str
    by_month: str
    month: str
    total: str
    by_topic: str
    topic: str
    more_topics: str
    helped: str
    helped_in: str
    prefecture_names: str
    prefecture_count: str
    many: str
    unknown: str
    deeds: str
    first: str
    pointed: str
    revived: str
    how: str
    footer: str
    file: str


TIERS = {
    Tier.ADVISOR: "DXアドバイザー",
    Tier.EXPERT: "DXエキスパート",
    Tier.SPECIALIST: "DXスペシャリスト",
}

JA = ActivityReportWords(
    sent="{year}の活動証明を作りました。ダイレクトメッセージでお送りします(少しお待ちください)。",
    sent_before="本日お送りした{year}の活動証明から変わったことはありません。ダイレクトメッセージをご覧ください。",
    message=(
        "{year}の活動証明です。提出や回覧には PDF、内容の追記には Markdown をお使いください。\n"
        "ほかの年度は `/kyoso 活動証明 昨年度` や `/kyoso 活動証明 令和7年度` で作れます。"
    ),
    usage=(
        "「{given}」は年度として読み取れませんでした。`/kyoso 活動証明 令和7年度`、"
        "`/kyoso 活動証明 昨年度` のように指定してください(年度を省くと今年度です)。"
    ),
    to_come="{year}は、まだ始まっていません。`/kyoso 活動証明` で今年度の活動証明を作れます。",
    nothing_then=(
        "{year}は、ほかの自治体の方の質問へのご回答が記録にありませんでした。"
        "ほかの年度は `/kyoso 活動証明 昨年度` のように指定できます。"
    ),
    nothing=(
        "{year}は、ほかの自治体の方の質問へのご回答がまだ記録にありませんでした。"
        "一つ答えていただくと、活動証明を作れるようになります。"
        "ほかの年度は `/kyoso 活動証明 昨年度` のように指定できます。"
    ),
    title="活動証明 {year}",
    subtitle="他の自治体への助言・情報提供の記録 ・ {workspace}",
    purpose=(
        "{name} さんは、{year}に{workspace}において、他の自治体の職員から寄せられた質問に回答し、"
        "業務の改善に協力しました。その活動を、コミュニティの投稿の記録により次のとおり示します。"
    ),
    member="氏名(表示名)",
    place="所属",
    year="対象年度",
    until_now="{first} 〜 {last}",
    made_on="作成日",
    tier="コミュニティでの認定",
    tiers=TIERS,
    answers="回答した質問",
    accepted="解決につながった回答",
    municipalities="回答した団体",
    thanks="寄せられたお礼",
    answers_count="{count}件",
    accepted_count="{count}件",
    municipalities_count="{count}団体",
    thanks_count="{count}件",
    by_month="月ごとの活動",
    month="{month}月",
    total="合計",
    by_topic="分野",
    topic="分野",
    more_topics="ほか{count}分野",
    helped="回答した団体",
    helped_in="{prefectures}都道府県の{count}団体です。",
    prefecture_names="{prefecture}({count}): {names}",
    prefecture_count="{prefecture}({count})",
    many="団体名の一覧は、同時にお送りした Markdown にあります。",
    unknown="ほかに、所属が表示名から分からない方の質問{count}件に回答しました。",
    deeds="上記のほか、{deeds}。",
    first="最初に返信して質問者の助けになったもの{count}件",
    pointed="過去の議論につないで解決を助けたもの{count}件",
    revived="長く回答のなかった質問に応えたもの{count}件",
    how=(
        "この記録は、コミュニティの投稿から自動で作成しました。自分の質問、所属団体の方の質問、雑談は含みません。"
        "「解決につながった回答」は、質問者や読んだ方が解決の印を付けた回答、または質問者が解決を伝えたスレッドの回答です。"
        "投稿は個人の立場によるもので、所属団体の公式な見解ではありません。"
    ),
    footer="{workspace}の投稿の記録から {date} に作成 ・ 投稿は個人の立場によるもので、公式な見解ではありません",
    file="活動証明_{year}_{day:%Y%m%d}",
)

EN = ActivityReportWords(
    sent="Your activity report for {year} is made and comes to you in a direct message in a moment.",
    sent_before="Nothing changed since the report for {year} sent to you today; see your direct messages.",
    message=(
        "Your activity report for {year}: PDF to hand in, Markdown to add to.\n"
        "Other years: `/kyoso ambassador report 2025` or `/kyoso ambassador report last year`."
    ),
    usage=(
        "“{given}” is not a fiscal year. Try `/kyoso ambassador report 2025` or `/kyoso ambassador report last year` "
        "(without a year: this one)."
    ),
    to_come="{year} has not begun yet. `/kyoso ambassador report` makes this year's report.",
    nothing_then=(
        "For {year} no answer of yours to a question of another municipality is on record. Other years: "
        "`/kyoso ambassador report last year`."
    ),
    nothing=(
        "For {year} no answer of yours to a question of another municipality is on record yet; one is enough for a "
        "report. Other years: `/kyoso ambassador report last year`."
    ),
    title="Activity report {year}",
    subtitle="Advice and information given to other municipalities · {workspace}",
    purpose=(
        "In {year}, {name} answered questions of staff of other municipalities in {workspace}. The community's record "
        "shows the following."
    ),
    member="Name (as displayed)",
    place="Municipality",
    year="Fiscal year",
    until_now="{first} – {last}",
    made_on="Made on",
    tier="Recognised as",
    tiers=TIERS,
    answers="Questions answered",
    accepted="Answers that solved it",
    municipalities="Municipalities",
    thanks="Thanks",
    answers_count="{count}",
    accepted_count="{count}",
    municipalities_count="{count}",
    thanks_count="{count}",
    by_month="By month",
    month="{month}",
    total="All",
    by_topic="Topics",
    topic="Topic",
    more_topics="{count} more",
    helped="Municipalities answered",
    helped_in="{count} municipalities in {prefectures} prefectures.",
    prefecture_names="{prefecture} ({count}): {names}",
    prefecture_count="{prefecture} ({count})",
    many="Their names are listed in the Markdown file sent along.",
    unknown="Besides, {count} questions of members whose municipality is not known.",
    deeds="Among other help: {deeds}.",
    first="first helpful replies ({count})",
    pointed="pointers to earlier threads that helped ({count})",
    revived="questions taken up that had long been unanswered ({count})",
    how=(
        "Made automatically from the community's posts. Own questions, those of the own municipality, and small talk "
        "are not counted. “Answers that solved it” were marked so by the asker or a reader, or stand in threads whose "
        "asker said so. Posts are personal views, not official ones."
    ),
    footer="Made on {date} from the record of {workspace} · personal views, not official ones",
    file="activity_{year}_{day:%Y%m%d}",
)


def activity_report_words(lang: str) -> ActivityReportWords:
    """The sentences in `lang`: Japanese for `ja`, else English."""
    return JA if lang == "ja" else EN
