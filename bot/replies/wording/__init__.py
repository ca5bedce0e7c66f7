"""Every sentence the bot says, in Japanese and English: one field a sentence, so that a missing one is a type error.

Here stand the sentences about answers and searches; each further use case has its own in a module of its name.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """The bot's sentences. Braces are filled by the caller."""

    lang: str
    answer: str
    whisper: str
    elsewhere: str
    elsewhere_only: str
    helpful: str
    solved: str
    wrong: str
    share: str
    more: str
    resolve_this: str
    facts: str
    facts_of_many: str
    no_text: str
    answered_by_many: str
    old: str
    old_since: str
    thanks_helpful: str
    thanks_solved: str
    only_asker: str
    thanks_wrong: str
    marked_solved: str
    shared_by: str
    shared: str
    cannot_share: str
    similar_found: str
    similar_none: str
    similar_no_more: str
    similar_usage: str
    similar_bad_filter: str
    similar_too_long: str
    gone: str
    resolved_now: str
    resolved_which: str
    resolved_none: str
    route_found: str
    route_none: str
    route_usage: str
    route_prefecture: str
    route_keyword: str
    route_neighbours: str
    kyoso_help: str
    kyoso_unknown: str
    working: str
    integration: str
    date: str
    today: str
    yesterday: str
    days_ago: str


JA = Wording(
    lang="ja",
    answer="似たご相談で、解決したスレッドが見つかりました。",
    whisper="お役に立つかもしれないスレッドがありました(あなただけに表示しています)。",
    elsewhere="この話題に詳しい人が集まるチャンネルもあります。",
    elsewhere_only="このご相談は、次のチャンネルの方が詳しい人に届きやすいかもしれません(あなただけに表示しています)。",
    helpful="役に立った",
    solved="解決した",
    wrong="違う",
    share="スレッドに共有",
    more="もっと見る",
    resolve_this="これを解決済みにする",
    facts="回答: {answerer} ・ {date} ・ #{channel}",
    facts_of_many="{date} ・ #{channel}",
    no_text="(回答はスレッドをご覧ください)",
    answered_by_many="{count}名の方が、それぞれのやり方を回答しています。",
    old="制度改正前の回答かもしれません",
    old_since="{old}({what}: {date}から)",
    thanks_helpful="ありがとうございます。次のご案内に生かします。",
    thanks_solved="解決してよかったです。このスレッドを「解決済み」にしました。",
    only_asker="「解決済み」にできるのは、質問した方とアンバサダー・運営だけです。「役に立った」として記録しました。",
    thanks_wrong="教えていただきありがとうございます。この案内は外しました。",
    marked_solved="✅ 解決済みになりました。",
    shared_by="{member} さんが、似たスレッドを共有しました。",
    shared="共有しました。",
    cannot_share="このチャンネルの全員が開けるスレッドではないため、共有できません。",
    similar_found="「{query}」に似たスレッドです。",
    similar_none=(
        "「{query}」に似た解決済みのスレッドは見つかりませんでした。"
        "言い方を変えるか、#何でも相談 で聞いてみてください。"
    ),
    similar_no_more="これ以上は見つかりませんでした。",
    similar_usage=(
        "使い方: `/similar 調べたいこと`\n"
        "絞り込み: `県:愛媛県` `規模:1万` (人口が近い団体) `期間:1年` `channel:標準化・ガバクラ`\n"
        "例: `/similar コンビニ交付が止まる 県:愛媛県`"
    ),
    similar_bad_filter="絞り込み「{filter}」が分かりませんでした。{hint}",
    similar_too_long="文章が長いため、はじめの{limit}文字で探しました。",
    gone="このスレッドは、もう表示できません(削除されたか、公開範囲が変わりました)。",
    resolved_now="「{title}」を解決済みにしました。",
    resolved_which="どの質問を解決済みにしますか?",
    resolved_none="このチャンネルに、あなたの未解決の質問は見つかりませんでした。",
    route_found="次のチャンネルが合いそうです。",
    route_none="特に合うチャンネルは見つかりませんでした。#何でも相談 で大丈夫です。",
    route_usage="使い方: `/kyoso route 相談したいこと`",
    route_prefecture="{name} の話題",
    route_keyword="「{words}」の話題",
    route_neighbours="似た質問が{count}件",
    kyoso_help=(
        "*できること*\n"
        "• `/similar 調べたいこと` 似た質問と回答を探します(あなただけに表示)\n"
        "• `/kyoso 解決` 自分の質問を解決済みにします\n"
        "• `/kyoso route 相談したいこと` 合うチャンネルを案内します\n"
        "• `/kyoso 未回答` 回答を待っている質問を表示します\n"
        "• `/kyoso アンバサダー` アンバサダーの登録と設定\n"
        "• `/kyoso まとめ オン` 毎週のまとめを受け取ります(`今` で先週分を表示)\n"
        "• `/kyoso 設定` 自分の質問、返信を待っている質問、設定を表示します\n"
        "• `/kyoso 引き継ぎ` 自分の団体の相談・回答を、後任の方への記録(PDF・Markdown)にします\n"
        "• `/kyoso 活動証明` ほかの団体を助けた1年の記録を、職場に示せる1枚にします\n"
        "• `/kyoso 称号 off` 称号のお知らせと月のお礼での紹介を止めます\n"
        "• メッセージの「…」→「似たスレッドを探す」でも探せます"
    ),
    kyoso_unknown="「{word}」は分かりませんでした。`/kyoso help` で使い方を表示します。",
    working="調べています。少しお待ちください。",
    integration="(連携ボット)",
    date="{0.year}年{0.month}月{0.day}日",
    today="今日",
    yesterday="昨日",
    days_ago="{days}日前",
)

EN = Wording(
    lang="en",
    answer="Threads like yours that were resolved:",
    whisper="These threads may help (only you see this).",
    elsewhere="People who know about this also gather in:",
    elsewhere_only="Your question may reach the right people sooner in these channels (only you see this).",
    helpful="Helpful",
    solved="Solved it",
    wrong="Not this",
    share="Share in thread",
    more="Show more",
    resolve_this="Mark as resolved",
    facts="Answer: {answerer} · {date} · #{channel}",
    facts_of_many="{date} · #{channel}",
    no_text="(see the thread for the answer)",
    answered_by_many="{count} people told how they do it.",
    old="This answer may be older than a change in the rules",
    old_since="{old} ({what}: since {date})",
    thanks_helpful="Thank you, this makes later suggestions better.",
    thanks_solved="Glad it is solved. The thread is marked as resolved.",
    only_asker="Only the asker, ambassadors and operators can mark it resolved; kept as “helpful”.",
    thanks_wrong="Thank you for telling; the suggestion is taken away.",
    marked_solved="✅ Marked as resolved.",
    shared_by="{member} shared threads like this one.",
    shared="Shared.",
    cannot_share="Not everybody in this channel can open that thread, so it cannot be shared here.",
    similar_found="Threads like “{query}”",
    similar_none="No resolved thread like “{query}” was found. Try other words, or ask in #何でも相談.",
    similar_no_more="There are no more.",
    similar_usage=(
        "Usage: `/similar what you look for`\n"
        "Filters: `pref:愛媛県` `pop:10000` (municipalities of like size) `since:1y` `channel:標準化・ガバクラ`\n"
        "Example: `/similar コンビニ交付が止まる pref:愛媛県`"
    ),
    similar_bad_filter="The filter “{filter}” was not understood. {hint}",
    similar_too_long="The text is long; its first {limit} characters were searched.",
    gone="This thread cannot be shown any more (deleted, or no longer open to you).",
    resolved_now="“{title}” is marked as resolved.",
    resolved_which="Which question do you want to mark as resolved?",
    resolved_none="No open question of yours was found in this channel.",
    route_found="These channels seem to fit:",
    route_none="No channel fits better. #何でも相談 is fine.",
    route_usage="Usage: `/kyoso route what you want to ask`",
    route_prefecture="about {name}",
    route_keyword="about {words}",
    route_neighbours="{count} questions like it",
    kyoso_help=(
        "*What I can do*\n"
        "• `/similar text` finds questions like it with their answers (only you see this)\n"
        "• `/kyoso resolved` marks your question as resolved\n"
        "• `/kyoso route text` names the channels that fit\n"
        "• `/kyoso unanswered` shows the questions that wait for an answer\n"
        "• `/kyoso ambassador` to be an ambassador, and on which terms\n"
        "• `/kyoso digest on` sends you a weekly digest (`now` shows last week's)\n"
        "• `/kyoso home` shows your questions, what waits in your topics, and settings\n"
        "• `/kyoso handover` makes a record of what your municipality asked and answered, for your successor\n"
        "• `/kyoso ambassador report` makes one page on how you helped others this year, to show at home\n"
        "• `/kyoso recognition off` stops titles and mention in monthly thanks\n"
        "• A message's “…” → 「似たスレッドを探す」 searches too"
    ),
    kyoso_unknown="“{word}” is not known. `/kyoso help` shows what is.",
    working="Working on it; one moment, please.",
    integration="(an integration)",
    date="{0:%Y-%m-%d}",
    today="today",
    yesterday="yesterday",
    days_ago="{days} days ago",
)


def wording(lang: str) -> Wording:
    """The sentences in `lang`: Japanese for `ja`, else English."""
    return JA if lang == "ja" else EN
