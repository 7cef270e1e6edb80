"""What must not be lost: answers while the server is down, the place after a reload, a request that came to nothing."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.participant import Mouse, Participant
from tests.browser.server import Row, Server

pytestmark = pytest.mark.browser

Join = Callable[..., Participant]


def answered(server: Server, person: Row) -> list[str]:
    return [trial["answer"] for trial in server.trials(person["code"]) if trial["answer"] is not None]


def test_killed_server_loses_nothing_and_the_page_goes_on(join: Join, server: Server) -> None:
    person = join(channel="picture")
    enrolment = person.enrolment()
    trials = server.trials(enrolment["code"])
    person.go_on()
    person.do_trial(trials[0], channel="picture", label="0", confidence=10)
    person.await_trial(1)

    server.kill()
    assert answered(server, enrolment) == ["0"]
    person.explore("picture")
    person.answer("1", confidence=20)
    person.page.locator("#notice:visible").wait_for()
    assert answered(server, enrolment) == ["0"]

    server.start()
    person.await_stage("feedback")
    assert answered(server, enrolment) == ["0", "1"]
    person.page.locator("#notice").wait_for(state="hidden")
    person.hands.press(person.page.locator("#next"))
    person.go_on()
    with person.page.expect_response("**/response"):
        person.do_trial(trials[2], channel="picture", label="2", confidence=30)
    person.await_trial(3)
    assert answered(server, enrolment) == ["0", "1", "2"]
    assert [trial["n_begun"] for trial in server.trials(enrolment["code"])[:4]] == [1, 1, 1, 1]


def test_reload_begins_the_same_trial_again(join: Join, server: Server) -> None:
    person = join()
    enrolment = person.enrolment()
    trials = server.trials(enrolment["code"])
    person.go_on()
    person.do_trial(trials[0], channel=enrolment["channel"], label="0", confidence=10)
    person.await_trial(1)
    person.explore(enrolment["channel"])

    person.page.reload()
    person.page.locator('#trials[data-state="start"] [data-greeting="return"]:visible').wait_for()
    person.go_on()
    person.do_trial(trials[1], channel=enrolment["channel"], label="2", confidence=20)

    person.page.locator('#trials[data-state="start"] [data-greeting="main"]:visible').wait_for()
    first, second = server.trials(enrolment["code"])[:2]
    assert (first["n_begun"], second["n_begun"]) == (1, 2)
    assert (second["answer"], second["plays"], second["original_plays"]) == ("2", 1, 1)


def test_request_whose_acknowledgement_is_lost_counts_once(join: Join, server: Server) -> None:
    person = join()
    enrolment = person.enrolment()
    trials = server.trials(enrolment["code"])
    sent: list[str] = []

    def lose(route: Route) -> None:
        """The server takes the request; the browser never hears of it."""
        route.fetch()
        sent.append(route.request.post_data or "")
        route.abort()

    person.page.route("**/begin", lose, times=1)
    with person.page.expect_response("**/begin"):  # the second one, that is heard of
        person.go_on()
        person.await_trial(0)
    assert server.trials(enrolment["code"])[0]["n_begun"] == 1
    sent.clear()

    person.page.route("**/response", lose, times=2)
    person.do_trial(trials[0], channel=enrolment["channel"], label="1", confidence=50)

    person.await_trial(1)
    assert answered(server, enrolment) == ["1"]
    first, second = (json.loads(body) for body in sent)
    assert first.pop("age_ms") < second.pop("age_ms")
    assert first == second


def test_wrong_digit_in_the_sound_check_is_met_kindly(newcomer: Participant) -> None:
    person = newcomer
    person.consent()
    person.hands.press(person.page.locator("#play-original button"))
    person.page.locator('#sound[data-state="asking"]').wait_for()
    wrong = next(label for label in ("0", "1", "2") if label != person.heard_label())
    person.hands.choose(person.page.locator("#labels"), wrong)
    person.hands.press(person.page.locator("#submit"))

    person.page.locator('#sound[data-state="retry"]').wait_for()
    assert person.enrolment()["allocated_at"] is None
    person.pass_sound_check()
    assert person.enrolment()["allocated_at"] is not None


def test_failed_medium_is_asked_for_again_before_the_trial_starts(join: Join, server: Server) -> None:
    person = join()
    enrolment = person.enrolment()
    person.page.route("**/media/*", lambda route: route.abort())
    person.page.reload()
    person.go_on()

    person.page.locator("#notice:visible").wait_for()
    assert server.trials(enrolment["code"])[0]["n_begun"] == 0
    person.page.unroute("**/media/*")
    with person.page.expect_response("**/begin"):
        person.hands.press(person.page.locator("#notice-button"))
    person.await_trial(0)
    assert server.trials(enrolment["code"])[0]["n_begun"] == 1


def test_second_window_is_told_and_takes_over_and_the_first_is_told_then(join: Join, server: Server) -> None:
    person = join()
    enrolment = person.enrolment()
    person.go_on()
    person.await_trial(0)
    page = person.page.context.new_page()
    page.goto(person.page.url)
    other = Participant(server, page, Mouse(page), person.slug)
    page.get_by_text("open in another window").wait_for()
    other.hands.press(page.locator("#notice-button"))
    other.go_on()
    other.await_trial(0)
    other.explore(enrolment["channel"])
    other.answer("0", confidence=10)
    other.await_stage("feedback")

    # The round that stands open in the first window is answered; nothing of what is done there is lost.
    person.page.bring_to_front()
    person.explore(enrolment["channel"])
    person.answer("1", confidence=20)
    await_overtaken(person.page, index=1)
    with person.page.expect_response("**/begin"):
        person.go_on()
    person.page.get_by_text("You went on in another window").wait_for()
    assert answered(server, enrolment) == ["0"]
    person.hands.press(person.page.locator("#notice-button"))
    person.page.locator('#trials[data-state="start"] [data-greeting="return"]:visible').wait_for()
    assert server.enrolments()[-1]["n_windows"] == 3


def await_overtaken(page: Page, *, index: int) -> None:
    """The page says that the round before trial `index` is answered."""
    page.locator(f'#trials[data-state="start"][data-index="{index}"] [data-greeting="overtaken"]:visible').wait_for()


def test_answer_on_its_way_while_the_page_is_loaded_again_is_sent_by_the_next(join: Join, server: Server) -> None:
    person = join()
    enrolment = person.enrolment()
    person.page.route("**/response", lambda _route: None, times=1)  # held for good
    person.go_on()
    person.await_trial(0)
    person.explore(enrolment["channel"])
    with person.page.expect_request("**/response"):
        person.answer("1", confidence=50)
    assert answered(server, enrolment) == []

    person.page.reload()

    person.page.locator('#trials[data-state="start"][data-index="1"] [data-greeting="return"]:visible').wait_for()
    assert answered(server, enrolment) == ["1"]
    person.go_on()
    person.await_trial(1)


def test_network_that_is_gone_stops_nobody_and_loses_nothing(join: Join, server: Server) -> None:
    person = join(channel="sound")
    enrolment = person.enrolment()
    trials = server.trials(enrolment["code"])
    person.go_on()
    for trial in trials[:2]:
        person.do_trial(trial, channel="sound", label="0", confidence=10)
    person.go_on()
    person.await_trial(2)
    page = person.page
    page.wait_for_load_state("networkidle")

    page.context.set_offline(True)
    for trial in trials[2:]:
        person.do_trial(trial, channel="sound", label="1", confidence=20)
        assert answered(server, enrolment) == ["0", "0"]
    page.get_by_text("Your answers are kept on this device").wait_for()
    assert server.enrolments()[-1]["completed_at"] is None

    page.context.set_offline(False)
    page.locator("#code").wait_for()
    assert answered(server, enrolment) == ["0", "0"] + ["1"] * (len(trials) - 2)
    rows = server.query("SELECT answered_at, received_at FROM study_response ORDER BY answered_at")
    assert all(row["answered_at"] <= row["received_at"] for row in rows)


def test_answers_that_one_page_could_not_send_are_sent_by_a_later_one(join: Join, server: Server) -> None:
    person = join(channel="picture")
    enrolment = person.enrolment()
    trials = server.trials(enrolment["code"])
    person.go_on()
    for trial in trials[:2]:
        person.do_trial(trial, channel="picture", label="0", confidence=10)
    person.go_on()
    person.await_trial(2)
    person.page.route("**/response", lambda route: route.abort())
    for trial in trials[2:4]:
        person.do_trial(trial, channel="picture", label="2", confidence=20)
    person.page.get_by_text("Your answers are kept on this device").wait_for()
    context, address = person.page.context, person.page.url
    person.page.close(run_before_unload=False)
    assert answered(server, enrolment) == ["0", "0"]

    page = context.new_page()
    page.goto(address)
    page.locator('#trials[data-state="start"][data-index="4"]').wait_for()
    assert answered(server, enrolment) == ["0", "0", "2", "2"]


def test_failed_request_drops_and_blocks_no_later_one(join: Join, server: Server) -> None:
    person = join(channel="picture")
    enrolment = person.enrolment()
    trials = server.trials(enrolment["code"])
    person.go_on()
    for trial in trials[:2]:
        person.do_trial(trial, channel="picture", label="0", confidence=10)
    person.go_on()
    person.await_trial(2)
    failed = []

    def fail(route: Route) -> None:
        failed.append(route.request.url)
        route.fulfill(status=500, body="broken")

    person.page.route("**/response", fail, times=3)
    for trial in trials[2:]:
        person.do_trial(trial, channel="picture", label="1", confidence=20)
    person.page.locator("#code").wait_for()
    assert len(failed) == 3
    assert answered(server, enrolment) == ["0", "0"] + ["1"] * (len(trials) - 2)


def test_answer_submitted_twice_at_once_is_sent_once(join: Join, server: Server) -> None:
    person = join()
    enrolment = person.enrolment()
    sent: list[str] = []
    person.page.on("request", lambda request: sent.append(request.url) if "/response" in request.url else None)
    person.go_on()
    person.await_trial(0)
    person.explore(enrolment["channel"])
    person.hands.choose(person.question("answer"), "1")
    person.hands.choose(person.question("confidence"), "50")
    person.page.locator("#submit").dblclick()
    person.await_stage("feedback")
    assert len(sent) == 1


def test_page_that_comes_back_from_memory_asks_the_server(newcomer: Participant) -> None:
    page = newcomer.page

    def come_back() -> None:
        with page.expect_navigation():
            page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")

    newcomer.consent()
    come_back()
    page.locator('#sound[data-state="ready"]').wait_for()
    newcomer.pass_sound_check()
    come_back()
    page.locator('#trials[data-state="start"]').wait_for()


def test_paused_sound_that_stays_blocked_is_asked_for_again(join: Join) -> None:
    person = join(channel="sound")
    page = person.page
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.add_init_script("""
        window.AudioContext = class extends AudioContext {
            constructor(options) { super(options); window.outputs = [...(window.outputs ?? []), this]; }
        };
    """)
    page.reload()
    person.go_on()
    person.await_trial(0)
    page.evaluate("""async () => {
        const button = document.querySelector("#play-original button");
        button.click();
        while (!button.classList.contains("is-playing")) await new Promise(requestAnimationFrame);
        window.outputs[0].resume = () => Promise.reject(new DOMException("blocked", "InvalidStateError"));
        await window.outputs[0].suspend();
    }""")
    page.locator("#notice:visible").wait_for()
    paused = page.locator("#notice-text").inner_text()
    person.hands.press(page.locator("#notice-button"))
    page.locator("#notice-text").filter(has_not_text=paused).wait_for()

    page.evaluate("() => { delete window.outputs[0].resume; }")
    person.hands.press(page.locator("#notice-button"))
    person.await_stage("explanation")
    page.locator("#notice").wait_for(state="hidden")
    assert faults == []


def test_level_is_set_again_after_a_long_pause(join: Join, server: Server) -> None:
    person = join(channel="sound")
    enrolment = person.enrolment()
    person.go_on()
    person.do_trial(server.trials(enrolment["code"])[0], channel="sound", label="0", confidence=10)
    person.await_trial(1)
    server.change("UPDATE study_response SET received_at = datetime(received_at, '-21 minutes')")
    page = person.page
    page.reload()
    page.locator('[data-greeting="return"]:visible').wait_for()
    person.go_on()

    page.locator('[data-greeting="level"]:visible').wait_for()
    expect(page.locator("#start-button")).to_be_disabled()
    person.hands.press(page.locator("#play-level button"))
    expect(page.locator("#start-button")).to_be_enabled()
    person.go_on()
    person.await_trial(1)
    person.do_trial(server.trials(enrolment["code"])[1], channel="sound", label="0", confidence=10)
    page.locator('[data-greeting="main"]:visible').wait_for()
