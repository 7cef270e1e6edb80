from study.bots.bot import Given, Story
from study.bots.crowd import Crowd, run_crowd, summarise
from tests.study.bots.conftest import Said, Script

GIVEN = (Given("a", {}), Given("b", {}))


def test_summary_counts_outcomes_codes_answers_and_refusals() -> None:
    stories = [
        Story("dropout", "dropped out", n_requests=3, refusals={"unreachable": 2, "too-early": 1}, given=GIVEN[:1]),
        Story("diligent", "completed", code="X", n_requests=9, refusals={"too-early": 1}, given=GIVEN),
        Story("diligent", "refused", reason="page-410 (410) /s/digits/"),
    ]
    assert summarise(stories).splitlines() == [
        "behaviour  bots  dropped out  completed  refused  codes  answers",
        "diligent   2     0            1          1        1      2",
        "dropout    1     1            0          0        0      1",
        "12 requests, 2 without an answer; refusals: too-early 2",
        "1 gave up: page-410 (410) /s/digits/",
    ]


def test_study_that_takes_nobody_ends_every_bot_with_its_reason(script: Script) -> None:
    script.last = Said(410, "closed")
    stories = run_crowd(Crowd(script.address, slug="digits", n_bots=3, n_at_once=2))
    assert [(story.outcome, story.reason) for story in stories] == [("refused", "page-410 (410) /s/digits/")] * 3
