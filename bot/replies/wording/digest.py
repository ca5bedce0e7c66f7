"""What the weekly digest says, in Japanese and English."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DigestWords:
    """The digest's sentences. Braces are filled by the caller."""

    community: str
    channel: str
    personal: str
    figures: str
    figures_unasked: str
    figures_none: str
    quiet: str
    quiet_personal: str
    span: str
    day: str
    solved: str
    waiting: str
    polls: str
    reread: str
    rising: str
    thanks: str
    newcomers: str
    more_solved: str
    more_waiting: str
    answered_by: str
    waiting_since: str
    answered_since: str
    asked_by: str
    poll_facts: str
    reread_facts: str
    take: str
    rise: str
    helpers: str
    helpers_more: str
    prefecture_count: str
    elsewhere: str
    subscribe: str
    unsubscribe: str
    chart_title: str
    chart_questions: str
    chart_answered: str
    chart_resolved: str
    chart_alt: str
    chart_name: str
    on: str
    off: str
    is_on: str
    is_off: str
    none_now: str
    posted: str
    already: str
    no_channel: str
    nowhere: str
    separator: str
    people: str


JA = DigestWords(
    community="📮 *先週のまとめ* ({span})",
    channel="📮 *#{name} の先週のまとめ* ({span})",
    personal="📮 *あなたに関わる先週のまとめ* ({span})",
    figures="質問 {questions}件(うち1営業日以内に返信 {answered}件)、解決 {resolved}件でした。",
    figures_unasked="新しい質問はなく、{resolved}件の相談が解決しました。",
    figures_none="新しい質問も、解決した相談もありませんでした。",
    quiet="📮 先週({span})は、新しい質問も解決した相談もありませんでした。",
    quiet_personal="📮 先週({span})は、あなたの分野や県に、新しい質問も解決した相談もありませんでした。",
    span="{start}〜{end}",
    day="{0.month}/{0.day}",
    solved="✅ 解決した相談",
    waiting="🙋 まだ返信のない相談",
    polls="📊 みなさんの回答が集まった質問",
    reread="📖 去年の今ごろの相談から",
    rising="📈 いつもより多い話題",
    thanks="🙏 回答してくださった方々",
    newcomers="👋 新しく自己紹介された方々",
    more_solved="解決した相談は、ほかに{count}件あります。",
    more_waiting="返信を待っている相談は、ほかに{count}件あります。",
    answered_by="回答: {answerer} ・ #{channel}",
    waiting_since="{asker} ・ {ago}から ・ #{channel}",
    answered_since="その後、返信がつきました。",
    asked_by="{asker} ・ #{channel}",
    poll_facts="{count}団体が回答 ・ #{channel}",
    reread_facts="{date} ・ 回答: {answerer} ・ #{channel}",
    take="担当します",
    rise="#{topic} {count}件(これまで8週間は週{usual}件ほど)",
    helpers="{names} さん",
    helpers_more="{names} さん、ほか{count}名",
    prefecture_count="{prefecture} {count}名",
    elsewhere="その他 {count}名",
    subscribe="自分の分野だけのまとめは、`/kyoso まとめ オン` で毎週ダイレクトメッセージに届きます。",
    unsubscribe="止めるには `/kyoso まとめ オフ` と打ってください。",
    chart_title="相談と返信(週ごと)",
    chart_questions="質問",
    chart_answered="1営業日以内に返信",
    chart_resolved="解決",
    chart_alt=(
        "{weeks}週間の質問・1営業日以内の返信・解決の件数を週ごとに示したグラフ。"
        "先週は質問{questions}件、1営業日以内の返信{answered}件、解決{resolved}件。{weeks}週の平均は質問{mean}件。"
    ),
    chart_name="まとめ_{week}.png",
    on="毎週のまとめを、ダイレクトメッセージでお届けします(月曜9時、休日なら次の営業日)。",
    off="毎週のまとめのお届けを止めました。",
    is_on="毎週のまとめをお届けしています。`/kyoso まとめ オフ` で止まり、`/kyoso まとめ 今` で先週分を見られます。",
    is_off="毎週のまとめはお届けしていません。`/kyoso まとめ オン` で届き、`/kyoso まとめ 今` で先週分を見られます。",
    none_now="今はお見せできるまとめがありません。",
    posted="投稿します(`kyoso serve` が送ります)",
    already="投稿済みです",
    no_channel="投稿先のチャンネルがありません。channel_map.yaml のチャンネルに digest: community と書いてください。",
    nowhere="(投稿先のチャンネルなし)",
    separator="、",
    people=" さん、",
)

EN = DigestWords(
    community="📮 *Last week* ({span})",
    channel="📮 *Last week in #{name}* ({span})",
    personal="📮 *Your last week* ({span})",
    figures="{questions} questions ({answered} with a reply within a working day), {resolved} resolved.",
    figures_unasked="No new questions, {resolved} resolved.",
    figures_none="No new questions and none resolved.",
    quiet="📮 Last week ({span}) had no new questions and none resolved.",
    quiet_personal="📮 Last week ({span}) had no new questions in your topics or prefecture and none resolved.",
    span="{start}–{end}",
    day="{0.month}/{0.day}",
    solved="✅ Resolved",
    waiting="🙋 Still without a reply",
    polls="📊 Polls that many answered",
    reread="📖 From this time of the year",
    rising="📈 More than usual",
    thanks="🙏 Thanks to those who answered",
    newcomers="👋 Newly introduced",
    more_solved="{count} more were resolved.",
    more_waiting="{count} more wait for a reply.",
    answered_by="Answer: {answerer} · #{channel}",
    waiting_since="{asker} · asked {ago} · #{channel}",
    answered_since="It has a reply by now.",
    asked_by="{asker} · #{channel}",
    poll_facts="{count} municipalities · #{channel}",
    reread_facts="{date} · Answer: {answerer} · #{channel}",
    take="I take it",
    rise="#{topic}: {count} (some {usual} a week in the eight weeks before)",
    helpers="{names}",
    helpers_more="{names} and {count} more",
    prefecture_count="{prefecture} {count}",
    elsewhere="elsewhere {count}",
    subscribe="`/kyoso digest on` sends you a digest of your own topics by direct message every week.",
    unsubscribe="`/kyoso digest off` ends it.",
    chart_title="Questions and replies a week",
    chart_questions="questions",
    chart_answered="reply in a working day",
    chart_resolved="resolved",
    chart_alt=(
        "Chart of questions, replies within a working day and resolved threads in {weeks} weeks. "
        "Last week: {questions} questions, {answered} replies within a working day, {resolved} resolved. "
        "Mean over {weeks} weeks: {mean} questions."
    ),
    chart_name="digest_{week}.png",
    on="You will get the weekly digest by direct message (Mondays at 9:00, or the next working day).",
    off="You will get the weekly digest no more.",
    is_on="Weekly digest: on. `/kyoso digest off` ends it, `/kyoso digest now` shows last week's.",
    is_off="Weekly digest: off. `/kyoso digest on` begins it, `/kyoso digest now` shows last week's.",
    none_now="There is no digest to show right now.",
    posted="to be posted (`kyoso serve` sends it)",
    already="posted before",
    no_channel="No channel takes the digest; give one `digest: community` in channel_map.yaml.",
    nowhere="(no channel takes it)",
    separator=", ",
    people=", ",
)


def digest_words(lang: str) -> DigestWords:
    """The sentences in `lang`: Japanese for `ja`, else English."""
    return JA if lang == "ja" else EN
