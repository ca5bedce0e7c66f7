"""The bot's errors, beside the indexer's.

KyosoError
├── PlatformError          the chat platform failed in a way that may pass; the sender tries again
│   └── PlatformBusyError  it asked to wait (429 with Retry-After)
├── PlatformRefusedError   it will never take this: channel gone, member left, not permitted
├── TooEarlyError          an event came before the one it follows; it is heard again a little later
├── BadWeekError           a week that no calendar has
├── WeekNotOverError       a digest is asked for before its week has ended
├── OldServerError         the Mattermost server is older than what the bot needs
├── UncalledError          something is missing without which Mattermost cannot call the bot
├── CallbackError          Mattermost called the bot and did not get through
├── NothingToServeError    no platform's settings are present
├── NotConfiguredError     the settings of the platform that a command is about are missing
└── ConsoleExposedError    the console would listen beyond loopback without a token
"""

from __future__ import annotations

from indexer.errors import BadInputError, KyosoError


class PlatformError(KyosoError):
    """The chat platform failed in a way that may pass."""

    ja = "{platform} の {method} が失敗しました: {why}"
    en = "{platform} failed at {method}: {why}"


class PlatformBusyError(PlatformError):
    """The chat platform asked to wait; `seconds` says how long."""

    ja = "{platform} の {method} は {seconds:g} 秒待つよう求められました。"
    en = "{platform} asked to wait {seconds:g} s before {method}"

    def __init__(self, *, platform: str, method: str, seconds: float) -> None:
        super().__init__(platform=platform, method=method, seconds=seconds)
        self.seconds = seconds


class PlatformRefusedError(KyosoError):
    """The chat platform will not take this, now or later."""

    ja = "{platform} が {method} を拒否しました: {why}"
    en = "{platform} refused {method}: {why}"


class UnknownMembersError(KyosoError):
    """The channel map names operators or ambassadors whom nobody knows, or who have left."""

    ja = "channel_map.yaml の operators・ambassadors に見つからない ID: {names}(打ち間違いか、退会された方です)"
    en = "channel_map.yaml names operators or ambassadors who are not there: {names} (mistyped, or they left)"


class TooEarlyError(KyosoError):
    """An event concerns a message that was not reported yet, or never will be."""

    ja = "まだ届いていないメッセージについての通知です。"
    en = "the message concerned was not reported yet"


class BadWeekError(BadInputError):
    """A week is named as 2026-W47."""

    ja = "週「{week}」が分かりません。2026-W47 のように指定してください。"
    en = "week “{week}” is not known; name it as 2026-W47"


class WeekNotOverError(BadInputError):
    """A digest is posted once: a week that goes on would be told in part for good."""

    ja = "{week} はまだ終わっていません。途中経過は `--dry-run` で表示できます。"
    en = "{week} is not over yet; `--dry-run` prints how it stands"


class OldServerError(KyosoError):
    """The Mattermost server is too old."""

    ja = "Mattermost サーバーのバージョンが {version} です。{oldest} 以降が必要です。"
    en = "the Mattermost server is version {version}; {oldest} or later is needed"


class UncalledError(KyosoError):
    """Without this Mattermost cannot call the bot: commands and buttons would do nothing."""

    ja = (
        "{name} がないため、コマンドとボタンが使えません。`kyoso mattermost setup` でコマンドを登録し、"
        "KYOSO_MATTERMOST_COMMAND_TOKEN と KYOSO_PUBLIC_URL を設定してください。"
    )
    en = (
        "without {name} commands and buttons do nothing: register the commands with `kyoso mattermost setup`, "
        "and set KYOSO_MATTERMOST_COMMAND_TOKEN and KYOSO_PUBLIC_URL"
    )


class CallbackError(KyosoError):
    """Mattermost called the bot and did not get through."""

    ja = (
        "Mattermost からボット({address})を呼び出せません({why})。`kyoso serve` が動いていること、"
        "KYOSO_PUBLIC_URL がサーバーから届くアドレスであること、コマンドのトークンが合っていることを確かめ、"
        "内部のアドレスの場合はシステムコンソールの「信頼されていない内部接続を許可する」"
        "(AllowedUntrustedInternalConnections)に {host} を加えてください。"
    )
    en = (
        "Mattermost cannot call the bot at {address} ({why}): check that `kyoso serve` runs, that the server reaches "
        "KYOSO_PUBLIC_URL and that the command's token is right; an internal address must stand in the server's "
        "AllowedUntrustedInternalConnections: add {host}"
    )


class NothingToServeError(BadInputError):
    """Neither Slack's nor Mattermost's settings are there."""

    ja = (
        "接続先がありません。.env に、Slack なら KYOSO_SLACK_BOT_TOKEN と KYOSO_SLACK_APP_TOKEN"
        "(または KYOSO_SLACK_SIGNING_SECRET)、Mattermost なら KYOSO_MATTERMOST_URL・KYOSO_MATTERMOST_TOKEN・"
        "KYOSO_MATTERMOST_TEAM を設定してください。"
    )
    en = (
        "nothing to serve: set in .env for Slack KYOSO_SLACK_BOT_TOKEN with KYOSO_SLACK_APP_TOKEN "
        "(or KYOSO_SLACK_SIGNING_SECRET), for Mattermost KYOSO_MATTERMOST_URL, KYOSO_MATTERMOST_TOKEN "
        "and KYOSO_MATTERMOST_TEAM"
    )


class NotConfiguredError(BadInputError):
    """A command is about a platform whose settings are not there."""

    ja = "設定が足りません。.env に {names} を書いてください。"
    en = "settings are missing: put {names} into .env"


class ConsoleExposedError(BadInputError):
    """The console may listen on other addresses than loopback only behind a token."""

    ja = "{host} で公開するには KYOSO_CONSOLE_TOKEN を設定してください。"
    en = "listening on {host} needs KYOSO_CONSOLE_TOKEN"
