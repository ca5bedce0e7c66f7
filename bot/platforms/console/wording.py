"""Every sentence of the console's pages, in Japanese and English; the bot's own are in `bot.replies.wording`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConsoleWording:
    """The pages' sentences. Braces are filled by the page."""

    title: str
    subtitle: str
    acting_as: str
    find_channel: str
    channels: str
    general: str
    topic: str
    prefecture: str
    threads: str
    thread: str
    policy_thread: str
    policy_whisper: str
    policy_off: str
    policy_welcome: str
    examples: str
    examples_hint: str
    ask_here: str
    reply_here: str
    direct_here: str
    post: str
    send: str
    send_key: str
    commands_hint: str
    unknown_command: str
    resolved: str
    open: str
    accepted: str
    replies: str
    no_replies: str
    bot_spoke: str
    edited: str
    edit: str
    delete: str
    delete_sure: str
    save: str
    cancel: str
    react: str
    unreact: str
    look_up: str
    close: str
    dismiss: str
    only_you: str
    waiting: str
    looking: str
    silent: str
    silent_off: str
    silent_welcome: str
    older: str
    nothing_here: str
    thread_gone: str
    pick_thread: str
    direct: str
    direct_intro: str
    home: str
    home_intro: str
    home_coming: str
    move_clock: str
    operator: str
    ambassador: str
    newcomer: str
    clock: str
    an_hour: str
    a_day: str
    a_week: str
    app: str
    entrance: str
    entrance_hint: str
    entrance_wrong: str
    enter: str
    today: str
    this_year: str
    other_year: str


JA = ConsoleWording(
    title="共創 Kyoso",
    subtitle="見本のコミュニティ(投稿は創作です)",
    acting_as="この人として参加",
    find_channel="チャンネルをさがす",
    channels="チャンネル",
    general="全体",
    topic="話題",
    prefecture="都道府県",
    threads="スレッドの一覧",
    thread="スレッド",
    policy_thread="似た解決済みスレッドがはっきり見つかれば、Kyoso がスレッドで答えます",
    policy_whisper="Kyoso は、質問した人だけに見える形で案内します",
    policy_off="このチャンネルの質問には、Kyoso は答えません",
    policy_welcome="はじめて自己紹介された方を、Kyoso がスレッドで歓迎します",
    examples="質問の例",
    examples_hint="押すと、選んだ人として #{channel} に投稿します",
    ask_here="#{channel} で質問する(/similar や /kyoso も使えます)",
    reply_here="返信する",
    direct_here="Kyoso に聞きたいこと",
    post="投稿する",
    send="送る",
    send_key="Ctrl + Enter でも送れます",
    commands_hint="コマンド: /similar 調べたいこと ・ /kyoso help",
    unknown_command="{command} というコマンドはありません。使えるのは /similar と /kyoso です。",
    resolved="解決済み",
    open="未解決",
    accepted="この回答で解決",
    replies="返信 {count} 件",
    no_replies="まだ返信がありません",
    bot_spoke="Kyoso の案内あり",
    edited="(編集済み)",
    edit="編集",
    delete="削除",
    delete_sure="この投稿を削除します。検索や Kyoso の案内からもすぐに消えます。",
    save="保存する",
    cancel="やめる",
    react="✅ 解決の印を付ける",
    unreact="✅ を取り消す",
    look_up="似たスレッドを探す",
    close="閉じる",
    dismiss="消す",
    only_you="あなただけに表示",
    waiting="送信中…",
    looking="Kyoso が似たスレッドを探しています…",
    silent="自信をもって案内できるスレッドがないため、Kyoso は黙っています。",
    silent_off="このチャンネルの質問には、Kyoso は答えません(channel_map.yaml の reply: off)。",
    silent_welcome="Kyoso が歓迎するのは、はじめての自己紹介だけです。",
    older="前のスレッドも見る",
    nothing_here="まだ投稿がありません。",
    thread_gone="このスレッドは表示できません(削除されたか、公開範囲が変わりました)。",
    pick_thread="スレッドを選ぶと、ここに返信と Kyoso の案内が表示されます。",
    direct="Kyoso に直接聞く",
    direct_intro="ここでのやりとりは、ほかの人には見えません。調べたいことを書くと、似たスレッドを探します。",
    home="ホーム",
    home_intro="自分の質問や設定をまとめたページです。ほかの人には見えません。",
    home_coming="ホームを用意しています…",
    move_clock="時計を進める",
    operator="運営",
    ambassador="アンバサダー",
    newcomer="はじめての方",
    clock="🕘 {0.month}月{0.day}日 {0:%H:%M}",
    an_hour="1時間",
    a_day="1日",
    a_week="1週間",
    app="アプリ",
    entrance="合言葉",
    entrance_hint="このコンソールは合言葉で守られています。KYOSO_CONSOLE_TOKEN の値を入力してください。",
    entrance_wrong="合言葉が違います。",
    enter="入る",
    today="今日 {0:%H:%M}",
    this_year="{0.month}月{0.day}日 {0:%H:%M}",
    other_year="{0.year}年{0.month}月{0.day}日",
)

EN = ConsoleWording(
    title="Kyoso 共創",
    subtitle="sample community (all posts are made up)",
    acting_as="Take part as",
    find_channel="Find a channel",
    channels="Channels",
    general="General",
    topic="Topics",
    prefecture="Prefectures",
    threads="Threads",
    thread="Thread",
    policy_thread="Kyoso answers in the thread when it is sure of a resolved thread like the question",
    policy_whisper="Kyoso answers so that only the asker sees it",
    policy_off="Kyoso does not answer questions in this channel",
    policy_welcome="Kyoso welcomes those who introduce themselves for the first time",
    examples="Questions to try",
    examples_hint="One click posts it to #{channel} as the member chosen above",
    ask_here="Ask in #{channel} (/similar and /kyoso work too)",
    reply_here="Reply",
    direct_here="What you want to ask Kyoso",
    post="Post",
    send="Send",
    send_key="Ctrl + Enter sends too",
    commands_hint="Commands: /similar what you look for · /kyoso help",
    unknown_command="There is no command {command}; /similar and /kyoso are known.",
    resolved="Resolved",
    open="Open",
    accepted="This solved it",
    replies="Replies: {count}",
    no_replies="No replies yet",
    bot_spoke="Kyoso answered",
    edited="(edited)",
    edit="Edit",
    delete="Delete",
    delete_sure="This post will be deleted, and at once vanish from the search and from what Kyoso said.",
    save="Save",
    cancel="Cancel",
    react="✅ Mark as what solved it",
    unreact="Take ✅ back",
    look_up="Find threads like this",
    close="Close",
    dismiss="Dismiss",
    only_you="Only you can see this",
    waiting="Sending…",
    looking="Kyoso is looking for threads like this…",
    silent="Kyoso keeps silent: it is not sure of any thread.",
    silent_off="Kyoso does not answer questions in this channel (reply: off in channel_map.yaml).",
    silent_welcome="Kyoso welcomes a first introduction only.",
    older="Show older threads",
    nothing_here="Nothing has been posted yet.",
    thread_gone="This thread cannot be shown (deleted, or no longer open to you).",
    pick_thread="Choose a thread to see its replies and what Kyoso said.",
    direct="Ask Kyoso directly",
    direct_intro="Nobody else sees this. Write what you look for, and Kyoso looks for threads like it.",
    home="Home",
    home_intro="Your questions and settings in one place. Nobody else sees this.",
    home_coming="Preparing your home page…",
    move_clock="Move the clock",
    operator="operator",
    ambassador="ambassador",
    newcomer="newcomer",
    clock="🕘 {0.day} {0:%b %H:%M}",
    an_hour="1 hour",
    a_day="1 day",
    a_week="1 week",
    app="APP",
    entrance="Token",
    entrance_hint="This console is guarded. Enter the value of KYOSO_CONSOLE_TOKEN.",
    entrance_wrong="That is not the token.",
    enter="Enter",
    today="today {0:%H:%M}",
    this_year="{0.day} {0:%b %H:%M}",
    other_year="{0.day} {0:%b %Y}",
)


def console_wording(lang: str) -> ConsoleWording:
    """The sentences in `lang`: Japanese for `ja`, else English."""
    return JA if lang == "ja" else EN
