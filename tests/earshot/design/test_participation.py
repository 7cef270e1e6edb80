from typing import Any

import pytest

from earshot.design.participation import Participation, ProlificCodes, SonaCredit
from earshot.errors import StudyError
from tests.designs import make_design

SONA = "https://school.sona-systems.com/webstudy_credit.aspx?experiment_id=1&credit_token=abc&survey_code=XXXX"


def test_a_study_that_says_nothing_takes_people_by_its_link_for_a_day() -> None:
    participation = make_design().participation
    assert (participation.arrivals, participation.resume_hours) == (("link",), 24)
    assert (participation.withdrawal, participation.repeat_level_after_min) == ("choose", 20)
    assert (participation.prolific, participation.sona) == (None, None)


@pytest.mark.parametrize("written", [SONA, SONA.removesuffix("XXXX"), SONA.removesuffix("&survey_code=XXXX")])
def test_the_survey_code_is_put_into_the_credit_address(written: str) -> None:
    assert SonaCredit(credit_url=written).address("12 3&4") == SONA.removesuffix("XXXX") + "12+3%264"


def test_each_outcome_has_its_own_code_or_none() -> None:
    codes = ProlificCodes(completed="C1", screened_out="S1")
    assert [codes.code("completed"), codes.code("screened-out"), codes.code("failed-checks")] == ["C1", "S1", None]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"resume_hours": 0}, "resume_hours"),
        ({"resume_hours": 1441}, "resume_hours"),
        ({"withdrawal": "never"}, "withdrawal"),
        ({"arrivals": []}, "arrivals"),
        ({"arrivals": ["post"]}, "arrivals"),
        ({"arrivals": ["link", "link"]}, "arrivals name 'link' twice"),
        ({"arrivals": ["prolific"]}, r"give them in \[participation.prolific\]"),
        ({"arrivals": ["sona"]}, r"give \[participation.sona\]"),
        ({"repeat_level_after_min": 0}, "repeat_level_after_min"),
        ({"prolific": {"completed": "with space"}}, "completed"),
        ({"prolific": {"completed": "C1", "withdrawn": "C1"}}, "completed is 'C1', which is another outcome's"),
        ({"sona": {"credit_url": "http://school.example/?a=1"}}, "expected an https address"),
        ({"sona": {"credit_url": "https:///path"}}, "expected an https address"),
        ({"sona": {"credit_url": "https://me@school.example/"}}, "expected an https address"),
        ({"sona": {"credit_url": "https://school.example/?survey_code=77"}}, "has the survey code '77'"),
    ],
)
def test_what_cannot_be_is_refused_by_name(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        make_design(participation=changes)


def test_a_whole_section_is_taken() -> None:
    fields = {
        "arrivals": ["prolific", "sona", "mturk", "personal", "link"],
        "prolific": {"completed": "C1"},
        "sona": {"credit_url": SONA},
    }
    assert make_design(participation=fields).participation == Participation.model_validate(fields)
