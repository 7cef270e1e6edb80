"""What must not be lost: answers while the server is down, the place after a reload, a request that came to nothing."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Route

from tests.browser.participant import Participant
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
    person.do_trial(trials[2], channel="picture", label="2", confidence=30)
    person.await_trial(3)
    assert answered(server, enrolment) == ["0", "1", "2"]
    assert [trial["n_begun"] for trial in server.trials(enrolment["code"])[:4]] == [1, 1, 1, 1]


def test_reload_begins_the_same_trial_again(join: Join, server: Server) -> None:
    person = join(channel="sound")
    enrolment = person.enrolment()
    trials = server.trials(enrolment["code"])
    person.go_on()
    person.do_trial(trials[0], channel="sound", label="0", confidence=10)
    person.await_trial(1)
    person.explore("sound")

    person.page.reload()
    person.page.locator('#trials[data-state="start"] [data-greeting="return"]:visible').wait_for()
    person.go_on()
    person.do_trial(trials[1], channel="sound", label="2", confidence=20)

    person.page.locator('#trials[data-state="start"] [data-greeting="main"]:visible').wait_for()
    first, second = server.trials(enrolment["code"])[:2]
    assert (first["n_begun"], second["n_begun"]) == (1, 2)
    assert (second["answer"], second["plays"], second["original_plays"]) == ("2", 1, 1)


def test_answer_whose_acknowledgement_is_lost_is_stored_once(join: Join, server: Server) -> None:
    person = join(channel="picture")
    enrolment = person.enrolment()
    trials = server.trials(enrolment["code"])
    sent: list[str] = []

    def lose(route: Route) -> None:
        """The server takes the answer; the browser never hears of it."""
        route.fetch()
        sent.append(route.request.post_data or "")
        route.abort()

    person.page.route("**/response", lose, times=2)
    person.go_on()
    person.do_trial(trials[0], channel="picture", label="1", confidence=50)

    person.await_trial(1)
    assert answered(server, enrolment) == ["1"]
    assert len(sent) == 2
    assert sent[0] == sent[1]


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
    person = join(channel="sound")
    enrolment = person.enrolment()
    person.page.route("**/media/*", lambda route: route.abort())
    person.go_on()

    person.page.locator("#notice:visible").wait_for()
    assert server.trials(enrolment["code"])[0]["n_begun"] == 0
    person.page.unroute("**/media/*")
    person.hands.press(person.page.locator("#notice-button"))
    person.await_trial(0)
    assert server.trials(enrolment["code"])[0]["n_begun"] == 1
