"""What `kyoso mattermost setup` tells the operator."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MattermostSetupWords:
    """The sentences. Braces are filled by the caller."""

    bot_made: str
    bot_enabled: str
    bot_there: str
    key_made: str
    key_kept: str
    team_joined: str
    team_there: str
    channels_joined: str
    command_made: str
    command_mended: str
    command_there: str
    env_head: str
    left_head: str
    left_none: str
    allow_connections: str
    enable_bots: str
    enable_commands: str
    taken_command: str
    no_admin: str
    private_rooms: str
    restart: str


JA = MattermostSetupWords(
    bot_made="ボットアカウント @{name} を作りました。",
    bot_enabled="止められていたボットアカウント @{name} を有効に戻しました。",
    bot_there="ボットアカウント @{name} はすでにあります。",
    key_made="ボットのアクセストークンを発行しました(下の行に一度だけ表示します)。",
    key_kept="いまのアクセストークンはそのまま使えます。",
    team_joined="チーム「{team}」に参加させました。",
    team_there="チーム「{team}」にはすでに参加しています。",
    channels_joined="チャンネルに参加させました: {names}",
    command_made="/{name} を登録しました。",
    command_mended="/{name} の登録を直しました。",
    command_there="/{name} は登録済みです。",
    env_head=".env に書く行:",
    left_head="あとは運営の方にお願いします:",
    left_none="ほかに必要なことはありません。`kyoso doctor` で確かめてから `kyoso serve` で動かしてください。",
    allow_connections=(
        "システムコンソール > 環境設定 > 開発者 >「信頼されていない内部接続を許可する」に {host} を足してください"
        "(AllowedUntrustedInternalConnections)。足さないと、コマンドとボタンがボットに届きません。"
    ),
    enable_bots=(
        "システムコンソール > 統合機能 > Bot アカウント で「Bot アカウントの作成を有効にする」を有効にして"
        "(EnableBotAccountCreation)、もう一度このコマンドを実行してください。"
    ),
    enable_commands=(
        "システムコンソール > 統合機能 > 統合機能管理 で「カスタムスラッシュコマンドを有効にする」を有効にして"
        "(EnableCommands)、もう一度このコマンドを実行してください。"
    ),
    taken_command=(
        "/{name} は別の用途({url})で登録されているため、変えていません。不要なら削除して、もう一度実行してください。"
    ),
    no_admin="このトークンはシステム管理者のものではないため、できないことがあるかもしれません。",
    private_rooms="非公開チャンネル {names} に、@{name} を招待してください。",
    restart="上の行を .env に書いたら、`kyoso doctor` で確かめ、`kyoso serve` を起動し直してください。",
)
EN = MattermostSetupWords(
    bot_made="made the bot account @{name}",
    bot_enabled="enabled the bot account @{name} again",
    bot_there="the bot account @{name} is there",
    key_made="made an access token for the bot (shown once, below)",
    key_kept="the present access token works",
    team_joined="let it join the team {team}",
    team_there="it is in the team {team}",
    channels_joined="let it join channels: {names}",
    command_made="registered /{name}",
    command_mended="mended /{name}",
    command_there="/{name} is registered",
    env_head="Lines for .env:",
    left_head="What is left to do:",
    left_none="Nothing is left to do: check with `kyoso doctor`, then run `kyoso serve`.",
    allow_connections=(
        "add {host} to System Console > Environment > Developer > Allow untrusted internal connections "
        "(AllowedUntrustedInternalConnections); else commands and buttons do not reach the bot"
    ),
    enable_bots=(
        "switch on System Console > Integrations > Bot Accounts > Enable Bot Account Creation "
        "(EnableBotAccountCreation), then run this command again"
    ),
    enable_commands=(
        "switch on System Console > Integrations > Integration Management > Enable Custom Slash Commands "
        "(EnableCommands), then run this command again"
    ),
    taken_command="/{name} is registered for something else ({url}) and was left alone: delete it, then run this again",
    no_admin="this token is no system administrator's: some of this may not be permitted",
    private_rooms="invite @{name} to the private channels {names}",
    restart="once these lines are in .env, check with `kyoso doctor` and start `kyoso serve` again",
)


def mattermost_setup_words(lang: str) -> MattermostSetupWords:
    """The sentences in `lang` (`ja`, or English for anything else)."""
    return JA if lang == "ja" else EN
