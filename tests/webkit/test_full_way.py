"""The full way of a participant in a WebKit browser, in both channels, by real clicks."""

import pytest

from tests.browser.diligent import Diligent
from tests.browser.server import Row, Server
from tests.webkit.conftest import DURATION_MS, DWELL_MS, N_MAIN, N_TRAINING, OpenPage, come
from tests.webkit.webkit import WebKitPage

pytestmark = pytest.mark.browser

# What somebody answers who always takes the second choice.
LABEL, CONFIDENCE = "1", 20


def test_each_channel_is_walked_from_consent_to_the_code(server: Server, open_webkit: OpenPage[WebKitPage]) -> None:
    """A block of the allocation holds both arms: people come until both were walked."""
    walked: set[str] = set()
    while walked != {"picture", "sound"}:
        with open_webkit() as page:
            bot = Diligent(come(server, page))
            bot.enter()
            channel = bot.person.enrolment()["channel"]
            if channel in walked:
                continue
            shown_code = bot.finish()
            assert page.faults() == []
        assert_all_is_stored(server, bot.person.enrolment(), shown_code=shown_code)
        walked.add(channel)


def assert_all_is_stored(server: Server, enrolment: Row, *, shown_code: str) -> None:
    assert enrolment["completed_at"] is not None
    assert enrolment["completion_code"] == shown_code
    sql = "SELECT answers FROM study_questionnaireresponse WHERE enrolment_id = ?"
    assert len(server.query(sql, [enrolment["id"]])) == 1
    trials = server.trials(enrolment["code"])
    assert [trial["kind"] for trial in trials] == ["training"] * N_TRAINING + ["main"] * N_MAIN
    for trial in trials:
        assert_trial_is_stored(trial, channel=enrolment["channel"])


def assert_trial_is_stored(trial: Row, *, channel: str) -> None:
    assert (trial["answer"], trial["confidence"]) == (LABEL, CONFIDENCE)
    assert (trial["n_begun"], trial["plays"], trial["original_plays"], trial["heard_share"]) == (1, 1, 1, 1.0)
    # Answering opened not before the dwell was over, nor before the sound was heard.
    opened_ms = trial["onset_to_response_ms"] - trial["rt_ms"]
    assert opened_ms >= (DWELL_MS if channel == "picture" else DURATION_MS) - 1  # two roundings
