import pytest

from study.bots.client import Client, Json, Refused
from study.bots.outbox import Letter, Outbox
from tests.study.bots.conftest import CUT, Said, Script

CLOSED = Said(410, {"code": "study-closed", "message": "it is closed"})


class Desk:
    """Keeps what the outbox tells."""

    def __init__(self) -> None:
        self.replies: list[Json] = []
        self.refused: list[tuple[str, str]] = []

    def note(self, letter: Letter, refusal: Refused) -> None:
        self.refused.append((letter.address, refusal.code))


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def outbox(client: Client, desk: Desk) -> Outbox:
    return Outbox(client, desk.replies.append, desk.note)


def test_answer_is_sent_at_once_and_its_reply_is_told(outbox: Outbox, desk: Desk, script: Script) -> None:
    script.said = [Said(body={"stored": True})]
    outbox.put("/response", {"answer": 1}, is_answer=True)
    assert desk.replies == [{"stored": True}]
    assert script.asked[0].json()["answer"] == 1
    assert script.asked[0].json()["age_ms"] >= 0
    assert outbox.letters == []


def test_what_got_lost_waits_for_its_time_and_is_sent_again_the_same(
    outbox: Outbox, desk: Desk, script: Script
) -> None:
    script.said = [Said(body=CUT), Said(body=CUT)]
    outbox.put("/response", {"answer": 1}, is_answer=True)
    assert [letter.n_tries for letter in outbox.letters] == [1]
    outbox.send_due()  # not yet
    assert len(script.asked) == 1
    outbox.empty()
    assert [asked.json()["answer"] for asked in script.asked] == [1, 1, 1]
    ages_ms = [asked.json()["age_ms"] for asked in script.asked]
    assert ages_ms == sorted(ages_ms)
    assert ages_ms[-1] > 0
    assert len(desk.replies) == 1


def test_none_waits_for_another(outbox: Outbox, script: Script) -> None:
    script.said = [Said(body=CUT)]
    outbox.put("/first", {}, is_answer=True)
    outbox.put("/second", {}, is_answer=True)
    assert [asked.path for asked in script.asked] == ["/first", "/second"]
    assert [letter.address for letter in outbox.letters] == ["/first"]


def test_refusal_for_good_is_told_and_ends_the_letter(outbox: Outbox, desk: Desk, script: Script) -> None:
    script.said = [CLOSED]
    outbox.put("/response", {}, is_answer=True)
    assert desk.refused == [("/response", "study-closed")]
    assert outbox.letters == []


def test_closed_page_keeps_answers_and_forgets_other_news(outbox: Outbox, script: Script) -> None:
    script.said = [Said(body=CUT), Said(body=CUT)]
    outbox.put("/begin", {}, is_answer=False)
    outbox.put("/response", {}, is_answer=True)
    outbox.forget_news()
    assert [letter.address for letter in outbox.letters] == ["/response"]


def test_what_is_due_is_sent_while_time_passes(outbox: Outbox, desk: Desk, script: Script) -> None:
    script.said = [Said(422, {"code": "too-early", "message": "wait", "retry_after_ms": 10})]
    outbox.put("/response", {}, is_answer=True)
    outbox.pause(0.2)
    assert len(desk.replies) == 1


def test_double_clicker_sends_everything_twice(client: Client, desk: Desk, script: Script) -> None:
    Outbox(client, desk.replies.append, desk.note, sends_twice=True).put("/response", {}, is_answer=True)
    assert len(script.asked) == 2
    assert len(desk.replies) == 1
