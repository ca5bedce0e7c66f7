"""What the bot says about questions that wait for an answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UnansweredWords:
    """The sentences. Braces are filled by the caller."""

    told: str
    told_many: str
    told_wider: str
    told_named: str
    facts: str
    no_municipality: str
    similar: str
    take: str
    later: str
    not_mine: str
    hand: str
    no_more: str
    quiet_hint: str
    settled: str
    taken_by: str
    taken_by_you: str
    in_thread: str
    took: str
    taken_already: str
    settled_already: str
    own_question: str
    snoozed: str
    put_off: str
    was_not_mine: str
    was_handed: str
    lapsed: str
    declined: str
    handed: str
    handed_already: str
    handed_nobody: str
    handed_cannot_see: str
    no_more_done: str
    gone: str
    not_yours: str
    waiting: str
    nothing_waits: str
    more_wait: str
    date: str


JA = UnansweredWords(
    told="回答を待っている質問があります。お力を貸していただけませんか。",
    told_many="回答を待っている質問が{count}件あります。お力を貸していただけませんか。",
    told_wider="以前、近い質問に答えてくださったので、お知らせします。まだ回答がついていない質問です。お心当たりがあれば、ひとことお願いします。",
    told_named="{member} さんから、こちらの質問に詳しいとうかがいました。お力を貸していただけませんか。",
    facts="{asker} ・ #{channel} ・ {date}",
    no_municipality="所属不明",
    similar="似た解決済みスレッド",
    take="担当します",
    later="後で",
    not_mine="自分の分野ではない",
    hand="この人が詳しい",
    no_more="今後は知らせない",
    quiet_hint="話題・時間・上限は `/kyoso アンバサダー` で変えられます。",
    settled="回答がつきました。ありがとうございます。",
    taken_by="{member} さんが担当しています。",
    taken_by_you="担当していただいています。ありがとうございます。",
    in_thread="{member} さんが回答を準備しています。",
    took="ありがとうございます。スレッドに準備中と表示しました。1営業日以内に返信がなければ、表示は自動で消えます。",
    taken_already="{member} さんが先に担当されました。ありがとうございます。",
    settled_already="この質問には、もう回答がついています。ありがとうございます。",
    own_question="ご自身の質問です。回答が届くまで、もうしばらくお待ちください。",
    snoozed="わかりました。次の営業日に、もう一度お知らせします。",
    was_not_mine="「自分の分野ではない」とうかがいました。ほかの方にもお知らせします。",
    was_handed="詳しい方をご紹介いただきました。ありがとうございます。",
    lapsed="1営業日たったので、スレッドの「準備中」の表示を消しました。いまからのご回答も歓迎です。",
    put_off="次の営業日に、もう一度お知らせします。",
    declined="わかりました。この分野の質問は、今後はお知らせを控えます。",
    handed="ありがとうございます。{member} さんにお知らせします。",
    handed_already="{member} さんにはすでにお知らせしています。ありがとうございます。",
    handed_nobody="その方にはお知らせできません(質問した本人、退会された方、ボットなど)。",
    handed_cannot_see="{member} さんはこのチャンネルを見られないため、お知らせできません。",
    no_more_done="わかりました。今後はお知らせしません。",
    gone="この質問は、もう表示できません(削除されたか、公開範囲が変わりました)。",
    not_yours="このお知らせは、ほかの方に宛てたものです。",
    waiting="回答を待っている質問です(待ち時間の長い順)。",
    nothing_waits="回答を待っている質問は、いまありません。",
    more_wait="ほかに{count}件あります。",
    date="{0.month}月{0.day}日",
)

EN = UnansweredWords(
    told="A question waits for an answer. Could you help?",
    told_many="{count} questions wait for an answer. Could you help?",
    told_wider="You answered a question like this before. This one has no answer yet; a word from you would help.",
    told_named="{member} says that you know about this question. Could you help?",
    facts="{asker} · #{channel} · {date}",
    no_municipality="municipality unknown",
    similar="A resolved thread like it",
    take="I take it",
    later="Later",
    not_mine="Not my field",
    hand="This person knows",
    no_more="Do not tell me again",
    quiet_hint="`/kyoso ambassador` changes topics, hours and how many a day.",
    settled="It has an answer now. Thank you.",
    taken_by="{member} takes care of it.",
    taken_by_you="You take care of it. Thank you.",
    in_thread="{member} is preparing an answer.",
    took="Thank you. The thread says so; if there is no reply within a working day, that disappears.",
    taken_already="{member} was first. Thank you.",
    settled_already="This question has an answer already. Thank you.",
    own_question="This is your own question. Please wait a little for an answer.",
    snoozed="All right, you will hear of it again on the next working day.",
    was_not_mine="You said that it is not your field. Others will be told.",
    was_handed="You named somebody who knows. Thank you.",
    lapsed="A working day has passed, so the thread says so no more. An answer is still welcome.",
    put_off="You will hear of it again on the next working day.",
    declined="All right, you will hear less of this field.",
    handed="Thank you, {member} will be told.",
    handed_already="{member} was told already. Thank you.",
    handed_nobody="They cannot be told (the asker, somebody who left, a bot …).",
    handed_cannot_see="{member} cannot see this channel and so cannot be told.",
    no_more_done="All right, you will not hear of questions again.",
    gone="This question cannot be shown any more (deleted, or no longer open to you).",
    not_yours="This notice is for somebody else.",
    waiting="Questions that wait for an answer, the longest first.",
    nothing_waits="No question waits for an answer.",
    more_wait="There are {count} more.",
    date="{0:%b %d}",
)


def unanswered_words(lang: str) -> UnansweredWords:
    """The sentences in `lang`: Japanese for `ja`, else English."""
    return JA if lang == "ja" else EN
