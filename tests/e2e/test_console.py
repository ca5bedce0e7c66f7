"""The console as a visitor uses it: what is typed and clicked walks the whole line and shows on the page."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest
from builders import ref
from console_town import ConsoleTown
from fastapi import FastAPI
from nicegui import ui
from nicegui.testing import User
from town import ANSWERER, ASKER, OTHER

from bot.platforms.console.access import COOKIE, Guard
from bot.platforms.console.wording import JA
from bot.replies import Reply
from bot.replies.wording import JA as BOT
from bot.replies.wording.home import home_words
from bot.replies.wording.unanswered import JA as CARE
from indexer.corpus import Database
from indexer.model import ResolvedBy

QUESTION = "償却資産の申告書をオンラインで受けたいのですが、どう始めればよいでしょうか。"
PATIENCE = 30  # tenths of a second


@pytest.fixture
def console(database: Database) -> ConsoleTown:
    made = ConsoleTown(database)
    made.town.search.script = {"10": 0.9}
    return made


async def write(user: User, text: str, mark: str = "ask") -> None:
    user.find(marker=mark).type(text)
    user.find(marker=f"send-{mark}").click()


def click_first(user: User, mark: str) -> None:
    """Click the first of several elements that look alike."""
    found = user.find(marker=mark)
    found.elements = {min(found.elements, key=lambda element: element.id)}
    found.click()


def asked(console: ConsoleTown) -> str:
    """The id of the newest thread of 何でも相談."""
    return console.rooms.listing(ASKER, "C0HELP", 1).rows[0].post.message.ref.message_id


def test_a_question_is_answered_in_its_thread_and_the_buttons_work(console: ConsoleTown) -> None:
    async def scenario(user: User) -> None:
        await user.open("/")
        await user.should_see("# 何でも相談")
        await write(user, QUESTION)
        await user.should_see(BOT.answer, retries=PATIENCE)
        await user.should_see("償却資産の電子申告を増やすには")
        user.find(marker="press-helpful").click()
        await user.should_see(BOT.thanks_helpful, retries=PATIENCE)
        user.find(marker="press-solved").click()
        await user.should_see(BOT.marked_solved, retries=PATIENCE)
        await user.should_not_see(marker="press-solved")

    console.visit(scenario)
    thread = console.rooms.thread(ASKER, "C0HELP", asked(console))
    assert thread is not None
    assert thread.resolved
    assert [saying.reply.text for saying in thread.sayings if not saying.private] == [BOT.answer]


def test_the_bot_explains_its_silence_to_the_one_who_tries(console: ConsoleTown) -> None:
    console.town.search.script = {}

    async def scenario(user: User) -> None:
        await user.open("/")
        await write(user, "町史の編さん、写真の集め方を教えてください。")
        await user.should_see(marker="silent", retries=PATIENCE)
        await user.should_not_see(BOT.answer)

    console.visit(scenario)


def test_a_channel_where_newcomers_are_welcomed_says_so(console: ConsoleTown) -> None:
    async def scenario(user: User) -> None:
        await user.open("/c/CHELLO")
        await user.should_see(JA.policy_welcome)
        await user.should_not_see(JA.policy_off)
        await user.open("/c/CCHAT")
        await user.should_see(JA.policy_off)

    console.visit(scenario)


def test_an_example_is_posted_with_one_click(console: ConsoleTown) -> None:
    async def scenario(user: User) -> None:
        await user.open("/c/C0HELP")
        click_first(user, "example")
        await user.should_see(BOT.answer, retries=PATIENCE)

    console.visit(scenario)


def test_a_whisper_is_shown_to_the_asker_alone(console: ConsoleTown) -> None:
    console.town.search.script = {"10": 0.6}

    async def scenario(user: User) -> None:
        await user.open("/")
        await write(user, QUESTION)
        await user.should_see(BOT.whisper, retries=PATIENCE)
        await user.should_see(f"🔒 {JA.only_you}")
        user.http_client.cookies.set("kyoso_as", ANSWERER)
        await user.open(f"/c/C0HELP/{asked(console)}")
        await user.should_see(QUESTION)
        await user.should_not_see(BOT.whisper)

    console.visit(scenario)


def test_what_came_of_a_press_stands_in_the_place_of_what_was_whispered(console: ConsoleTown) -> None:
    console.town.search.script = {"10": 0.6}

    async def scenario(user: User) -> None:
        await user.open("/")
        await write(user, QUESTION)
        await user.should_see(BOT.whisper, retries=PATIENCE)
        user.find(BOT.wrong).click()
        await user.should_see(BOT.thanks_wrong, retries=PATIENCE)
        await user.should_not_see(BOT.whisper)
        await user.should_not_see(BOT.wrong)

    console.visit(scenario)
    assert console.sees(asked(console)) == [BOT.thanks_wrong]


def test_a_question_taken_from_a_list_leaves_it(console: ConsoleTown) -> None:
    console.town.search.script = {}
    console.desk.post(OTHER, "C0HELP", QUESTION)
    console.clock.forward(24 * 3600)

    async def scenario(user: User) -> None:
        await user.open("/")
        await write(user, "/kyoso 未回答")
        await user.should_see(CARE.waiting, retries=PATIENCE)
        user.find(CARE.take).click()
        await user.should_see(CARE.nothing_waits, retries=PATIENCE)
        await user.should_see("スレッドに準備中と表示しました")
        await user.should_not_see(CARE.waiting)
        await user.should_not_see(JA.looking)

    console.visit(scenario)


def test_similar_is_answered_privately_under_the_composer(console: ConsoleTown) -> None:
    async def scenario(user: User) -> None:
        await user.open("/")
        await write(user, "/similar 償却資産の電子申告")
        await user.should_see(BOT.similar_found.format(query="償却資産の電子申告"), retries=PATIENCE)
        await write(user, "/kyoso help")
        await user.should_see("できること", retries=PATIENCE)
        await write(user, "/nothing here")
        await user.should_see(JA.unknown_command.format(command="/nothing"), retries=PATIENCE)

    console.visit(scenario)
    assert len(console.rooms.listing(ASKER, "C0HELP", 9).rows) == 0


def test_a_direct_message_is_answered_and_not_recorded(console: ConsoleTown) -> None:
    async def scenario(user: User) -> None:
        await user.open("/")
        user.find(marker="open-direct").click()
        await user.should_see(JA.direct_here, retries=PATIENCE)
        await write(user, "償却資産の電子申告", "reply")
        await user.should_see(BOT.similar_found.format(query="償却資産の電子申告"), retries=PATIENCE)

    before = console.rooms.position()
    console.visit(scenario)
    assert console.rooms.position() == before


def test_replies_reactions_edits_and_deletions_follow(console: ConsoleTown) -> None:
    async def scenario(user: User) -> None:
        await user.open("/")
        await write(user, QUESTION)
        await user.should_see(BOT.answer, retries=PATIENCE)
        await write(user, "ちらしを配って税理士会に説明しました。", "reply")
        await user.should_see(marker="react", retries=PATIENCE)
        user.find(marker="react").click()
        await user.should_see(f"✅ {JA.accepted}", retries=PATIENCE)

    console.visit(scenario)
    root_id = asked(console)
    with console.unit.read() as work:
        thread = work.corpus.thread(console.rooms.listing(ASKER, "C0HELP", 1).rows[0].post.message.ref)
    assert thread is not None
    assert thread.resolution is not None
    assert thread.resolution.by is ResolvedBy.REACTION

    async def afterwards(user: User) -> None:
        await user.open(f"/c/C0HELP/{root_id}")
        await user.should_see(marker="delete")
        click_first(user, "delete")
        await user.should_see(marker="really-delete", retries=PATIENCE)
        user.find(marker="really-delete").click()
        await user.should_see(JA.thread_gone, retries=PATIENCE)

    console.visit(afterwards)
    assert console.rooms.listing(ASKER, "C0HELP", 9).rows == ()


def test_words_are_never_read_as_html(console: ConsoleTown) -> None:
    evil = '<img src=x onerror="alert(1)"> <script>alert(2)</script> [x](javascript:alert(3)) この題名でよいですか？'
    message_id = console.desk.post(ASKER, "C0HELP", evil)

    async def scenario(user: User) -> None:
        await user.open(f"/c/C0HELP/{message_id}")
        pages = [element.content for element in user.find(kind=ui.html).elements]
        assert any("&lt;script&gt;" in page for page in pages)
        assert not any("<script" in page or "<img" in page for page in pages)
        page = (await user.http_client.get(f"/c/C0HELP/{message_id}")).text
        assert "<img src=x" not in page
        assert "<script>alert" not in page

    console.visit(scenario)


def test_the_page_is_japanese_and_fetches_nothing_from_elsewhere(console: ConsoleTown) -> None:
    async def scenario(user: User) -> None:
        page = (await user.http_client.get("/")).text
        assert "http://" not in page.replace("http://test", "")
        assert page.count("https://") == page.count("https://console.example")

    console.visit(scenario)


def guarded(token: str) -> FastAPI:
    app = FastAPI()

    @app.get("/c/C0HELP")
    def room() -> str:
        return "何でも相談"

    app.add_middleware(Guard, token=token, words=JA, lang="ja")
    return app


async def ask_guard(app: FastAPI, host: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=f"http://{host}", headers={"accept": "text/html"}
    )


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:8765", 200), ("localhost", 200), ("[::1]:8765", 200), ("evil.example", 403), ("10.0.0.5:8765", 403)],
)
def test_without_a_token_only_loopback_names_are_answered(host: str, status: int) -> None:
    async def scenario() -> None:
        async with await ask_guard(guarded(""), host) as client:
            assert (await client.get("/c/C0HELP")).status_code == status

    asyncio.run(scenario())


def test_a_token_opens_the_console_and_leads_where_one_wanted_to_go() -> None:
    async def scenario() -> None:
        async with await ask_guard(guarded("ひみつ123"), "kyoso.example") as client:
            entrance = await client.get("/c/C0HELP")
            assert (entrance.status_code, "何でも相談" in entrance.text) == (401, False)
            assert 'value="/c/C0HELP"' in entrance.text
            wrong = await client.post("/enter", data={"token": "ひみつ", "to": "/c/C0HELP"})
            assert (wrong.status_code, JA.entrance_wrong in wrong.text, COOKIE in client.cookies) == (401, True, False)
            right = await client.post("/enter", data={"token": "ひみつ123", "to": "/c/C0HELP"})
            assert (right.status_code, right.headers["location"]) == (303, "/c/C0HELP")
            cookie = right.headers["set-cookie"].lower()
            assert "httponly" in cookie
            assert "samesite=lax" in cookie
            assert client.cookies[COOKIE] != "ひみつ123"
            assert (await client.get("/c/C0HELP")).status_code == 200

    asyncio.run(scenario())


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", '/"><script>'])
def test_the_entrance_leads_to_no_other_site(to: str) -> None:
    async def scenario() -> None:
        async with await ask_guard(guarded("t"), "kyoso.example") as client:
            right = await client.post("/enter", data={"token": "t", "to": to})
            assert right.headers["location"].startswith("/")
            assert "evil" not in right.headers["location"]
            wrong = await client.post("/enter", data={"token": "x", "to": to})
            assert "<script>" not in wrong.text

    asyncio.run(scenario())


def test_a_forged_cookie_does_not_open_the_console() -> None:
    async def scenario() -> None:
        async with await ask_guard(guarded("t"), "kyoso.example") as client:
            for value in (b"t", b"x" * 64, "é".encode()):
                answer = await client.get("/c/C0HELP", headers={b"cookie": COOKIE.encode() + b"=" + value})
                assert answer.status_code == 401

    asyncio.run(scenario())


def test_a_deleted_answer_goes_from_what_was_whispered(console: ConsoleTown) -> None:
    console.town.search.script = {"10": 0.6, "20": 0.6}
    root_id = console.desk.post(ASKER, "C0HELP", QUESTION)
    handle = console.desk.command(ASKER, "C0HELP", "/similar 電子申告")
    known = console.rooms.answers([handle], {})
    console.desk.delete(ANSWERER, ref("11", "CTAX"))
    console.desk.delete(OTHER, ref("20", "CTAX"))
    thread = console.rooms.thread(ASKER, "C0HELP", root_id)
    assert thread is not None
    for saying in (thread.sayings[0], console.rooms.answers([], known)[handle]):
        assert [card.title for card in saying.reply.cards] == ["償却資産の電子申告を増やすには"]
        assert "ちらし" not in saying.reply.cards[0].excerpt


def test_the_home_page_opens_and_is_the_members_own(console: ConsoleTown) -> None:
    async def scenario(user: User) -> None:
        await user.open("/")
        user.find(marker="open-home").click()
        await user.should_see(JA.home_intro, retries=PATIENCE)
        await user.should_see(home_words("ja").mine, retries=PATIENCE)

    console.visit(scenario)
    assert console.rooms.home(ASKER) is not None
    assert console.rooms.home(ANSWERER) is None


def test_the_clock_is_moved_forward(console: ConsoleTown) -> None:
    before = console.clock.now()

    async def scenario(user: User) -> None:
        await user.open("/")
        shown = JA.clock.format(before.astimezone(console.community.composer.zone))
        await user.should_see(shown)
        user.find(f"⏩ {JA.a_week}").click()
        await user.should_not_see(shown, retries=PATIENCE)

    console.visit(scenario)
    assert console.clock.now() - before >= timedelta(days=7)


def test_what_was_said_today_was_so_on_another_day_once_the_clock_moved(console: ConsoleTown) -> None:
    async def scenario(user: User) -> None:
        await user.open("/")
        await write(user, QUESTION)
        at = console.clock.now().astimezone(console.community.composer.zone)
        await user.should_see(JA.today.format(at), retries=PATIENCE)
        user.find(f"⏩ {JA.a_week}").click()
        await user.should_see(JA.this_year.format(at), retries=PATIENCE)
        await user.should_not_see(JA.today.format(at), retries=PATIENCE)

    console.visit(scenario)


def test_those_with_an_office_are_offered_first_to_act_as(console: ConsoleTown) -> None:
    async def scenario(user: User) -> None:
        await user.open("/")
        [select] = user.find(marker="acting-as").elements
        assert isinstance(select, ui.select)
        names = list(select.options.values())
        assert names[0].startswith(f"【{JA.ambassador}】税務課＠小諸市")
        assert not any(name.startswith("【") for name in names[1:])

    console.visit(scenario)


def test_direct_messages_are_counted_until_one_looks(console: ConsoleTown) -> None:
    letter = Reply("回答を待っている質問があります。")
    console.platform.direct(ASKER, letter, "letter:1")

    async def scenario(user: User) -> None:
        await user.open("/")
        await user.should_see(f"💬 {JA.direct} (1)", retries=PATIENCE)
        user.find(marker="open-direct").click()
        await user.should_see(letter.text, retries=PATIENCE)
        await user.should_not_see(f"💬 {JA.direct} (1)", retries=PATIENCE)

    console.visit(scenario)


def test_a_setting_is_chosen_from_a_menu_of_the_home_page(console: ConsoleTown) -> None:
    async def scenario(user: User) -> None:
        await user.open("/")
        user.find(marker="open-home").click()
        await user.should_see(marker="choose-setting", retries=PATIENCE)
        words = home_words("ja")
        menus = user.find(marker="choose-setting").elements
        [digest] = [
            one for one in menus if isinstance(one, ui.select) and one.props["aria-label"] == words.names["digest"]
        ]
        digest.set_value("on")
        saved = words.saved.format(name=words.names["digest"], value=words.values["digest"]["on"])
        await user.should_see(saved, retries=PATIENCE)

    console.visit(scenario)
