"""How people come to a study, how long they may take, how they leave, and what a recruiting service is told of it."""

from typing import Annotated, Final, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import Field, StringConstraints, field_validator, model_validator

from earshot.files import Strict

ArrivalWay = Literal["link", "personal", "prolific", "sona", "mturk"]
WithdrawalRule = Literal["choose", "keep", "delete"]
Outcome = Literal["completed", "declined", "screened-out", "failed-checks", "withdrawn"]

PROLIFIC_COMPLETE: Final = "https://app.prolific.com/submissions/complete"
"""Where Prolific takes a submission's completion code, as `cc`."""

_SURVEY_CODE = "survey_code"
# What SONA itself writes where the code is to stand.
_PLACEHOLDERS = frozenset({"", "XXXX"})

CompletionCode = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class ProlificCodes(Strict):
    """The completion codes that the study has at Prolific, one per outcome; None where it has none for an outcome."""

    completed: CompletionCode
    declined: CompletionCode | None = None
    screened_out: CompletionCode | None = None
    failed_checks: CompletionCode | None = None
    withdrawn: CompletionCode | None = None

    @model_validator(mode="after")
    def _check_told_apart(self) -> "ProlificCodes":
        others = (self.declined, self.screened_out, self.failed_checks, self.withdrawn)
        if self.completed in others:
            raise ValueError(
                f"completed is '{self.completed}', which is another outcome's code as well; whoever completes needs a "
                "code of its own"
            )
        return self

    def code(self, outcome: Outcome) -> str | None:
        """The outcome's code; None where the study has none."""
        found: str | None = getattr(self, outcome.replace("-", "_"))
        return found


class SonaCredit(Strict):
    """Where SONA grants a credit: the completion address that it names, to which the survey code is added here."""

    credit_url: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]

    @field_validator("credit_url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname or parts.username or parts.fragment or " " in url:
            raise ValueError(
                f"credit_url is '{url}'; expected an https address with a host, such as "
                "https://school.sona-systems.com/webstudy_credit.aspx?experiment_id=1&credit_token=abc&survey_code=XXXX"
            )
        given = dict(parse_qsl(parts.query, keep_blank_values=True)).get(_SURVEY_CODE, "")
        if given not in _PLACEHOLDERS:
            raise ValueError(
                f"credit_url has the survey code '{given}'; write survey_code=XXXX, each person has another"
            )
        return url

    def address(self, survey_code: str) -> str:
        """Where the credit of the person with this code is granted."""
        parts = urlsplit(self.credit_url)
        query = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key != _SURVEY_CODE]
        return urlunsplit(parts._replace(query=urlencode([*query, (_SURVEY_CODE, survey_code)])))


class Participation(Strict):
    """How people come, how long they may take, and how they leave.

    Attributes
    ----------
    arrivals : tuple of str
        The ways that are open: a plain link, personal links, and those of recruiting services.
    resume_hours : int
        So long after consent somebody can come back and go on, 1 to 1440 (60 days).
    repeat_level_after_min : int
        The level of the sound is checked again after a pause this long.
    withdrawal : {"choose", "keep", "delete"}
        What becomes of the answers of somebody who withdraws.
    prolific, sona
        What must be known to send people back; needed where `arrivals` names the service.
    """

    arrivals: tuple[ArrivalWay, ...] = Field(default=("link",), min_length=1)
    resume_hours: int = Field(default=24, ge=1, le=1440)
    repeat_level_after_min: int = Field(default=20, ge=1, le=1440)
    withdrawal: WithdrawalRule = "choose"
    prolific: ProlificCodes | None = None
    sona: SonaCredit | None = None

    @field_validator("arrivals")
    @classmethod
    def _check_arrivals(cls, arrivals: tuple[ArrivalWay, ...]) -> tuple[ArrivalWay, ...]:
        doubled = next((way for way in arrivals if arrivals.count(way) > 1), None)
        if doubled is not None:
            raise ValueError(f"arrivals name '{doubled}' twice; name each way once")
        return arrivals

    @model_validator(mode="after")
    def _check_services(self) -> "Participation":
        if "prolific" in self.arrivals and self.prolific is None:
            raise ValueError("arrivals name 'prolific' without its codes; give them in [participation.prolific]")
        if "sona" in self.arrivals and self.sona is None:
            raise ValueError("arrivals name 'sona' without where it grants credits; give [participation.sona]")
        return self
