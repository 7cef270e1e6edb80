"""One bot on its way through a study, from the start page to whatever end it comes to."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from earshot.design.conduct import HeadphoneCheckName
from earshot.design.questionnaire_simulation import simulate_answers
from earshot.design.questionnaires import Questionnaire
from study.bots.answering import Listener
from study.bots.behaviours import Temper
from study.bots.client import Client, Json, Refused
from study.bots.pages import Form, Page
from study.bots.trials import Left, TrialsPage
from study.headphones import right_interval

OutcomeKind = Literal["completed", "dropped out", "withdrew", "ended", "refused"]

_MOST_ROOMS = 200
_WIDTH_PX = "1280"


@dataclass(frozen=True)
class Knowledge:
    """What a bot knows that people find out by ear and eye.

    Attributes
    ----------
    words : mapping
        What is said in a recording (a label), by the address of its sound; a bot that does not know tries each label.
    questionnaires : mapping
        The study's questionnaires by name.
    """

    words: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    questionnaires: Mapping[str, Questionnaire] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Given:
    """An answer that a bot gave: the trial's id, and the body that was sent, less its age."""

    trial_id: str
    body: Json


@dataclass(frozen=True)
class Story:
    """What became of one bot; `code` is what it was shown at the end, `reason` why it was refused.

    `refusals` counts by code everything that the server refused or that could not reach it, repeats included.
    """

    behaviour: str
    outcome: OutcomeKind
    code: str = ""
    reason: str = ""
    n_requests: int = 0
    refusals: Mapping[str, int] = field(default_factory=dict)
    given: tuple[Given, ...] = ()


class Bot:
    """One participant; `run` leads it to its end."""

    def __init__(self, client: Client, *, slug: str, temper: Temper, knowledge: Knowledge, draw: random.Random) -> None:
        self._client, self._temper, self._knowledge, self._draw = client, temper, knowledge, draw
        self._base = f"/s/{slug}/"
        self._given: list[Given] = []
        self._trials = TrialsPage(
            client,
            base=self._base,
            temper=temper,
            listener=Listener(temper.behaviour.manner, draw=draw, words=knowledge.words),
            on_given=lambda trial_id, body: self._given.append(Given(trial_id, body)),
        )

    def run(self) -> Story:
        """What became of it; Halted when all bots are told to stop."""
        try:
            outcome, code = self._take_part()
        except Refused as refusal:
            return self._story("refused", reason=str(refusal))
        return self._story(outcome, code=code)

    def _story(self, outcome: OutcomeKind, *, code: str = "", reason: str = "") -> Story:
        return Story(
            behaviour=self._temper.behaviour.name,
            outcome=outcome,
            code=code,
            reason=reason,
            n_requests=self._client.n_requests,
            refusals=Counter(self._client.refusals),
            given=tuple(self._given),
        )

    def _take_part(self) -> tuple[OutcomeKind, str]:
        page = self._client.load(self._base)
        for _ in range(_MOST_ROOMS):
            room, _, name = page.address.removeprefix(self._base).partition("/")
            if room in ("debrief", "ended"):
                return ("completed" if room == "debrief" else "ended"), page.code
            try:
                self._pass_room(room, name=name, page=page)
            except Left as left:
                return self._leave(left)
            page = self._client.load(self._base)
        raise Refused("no-end", message=f"the end is not reached in {_MOST_ROOMS} pages; the last was {page.address}")

    def _pass_room(self, room: str, *, name: str, page: Page) -> None:
        match room:
            case "" | "consent":
                self._consent(page)
            case "screens":
                self._pass_screens(page)
            case "sound":
                self._pass_sound_check(page)
            case "headphones":
                self._pass_headphone_check(page)
            case "questions":
                self._fill_in(page, name=name)
            case "trials":
                self._trials.lead()
            case _:
                raise Refused("unknown-page", message=f"{page.address} is no page that a bot knows")

    def _consent(self, page: Page) -> None:
        form = _find_form(page, having="consent")
        fields = {**form.hidden, "consent": "yes", "utc_offset_min": "0", "is_automated": "true"}
        if "worker_id" in form.choices:
            fields["worker_id"] = f"BOT{self._draw.getrandbits(64):016X}"
        self._client.load(form.action, form=fields)

    def _pass_screens(self, page: Page) -> None:
        form = _find_form(page, having="csrfmiddlewaretoken")
        least_px = page.elements.get("screens", {}).get("data-least-width", "0")
        said: dict[str, str] = {name: "yes" for name in ("speaks", "hears_well") if name in form.choices}
        if "width_px" in form.hidden:
            said["width_px"] = str(max(int(_WIDTH_PX), int(least_px)))
        self._client.load(page.address, form={**form.hidden, **said})

    def _pass_sound_check(self, page: Page) -> None:
        """Name the word, or try one label after the other."""
        heard = self._knowledge.words.get(page.elements["sound"]["data-url"])
        for label in [heard] if heard is not None else page.labels:
            if self._insist("api/sound-check", {"answer": label})["passed"]:
                return
        raise Refused("sound-check", message="no label is the word of the sound check")

    def _pass_headphone_check(self, page: Page) -> None:
        attempt = int(page.elements["headphones"]["data-attempt"])
        answers = [_hear_interval(url) for url in page.sounds[attempt]]
        self._insist("api/headphones", {"attempt": attempt, "answers": answers})

    def _fill_in(self, page: Page, *, name: str) -> None:
        if name not in self._knowledge.questionnaires:
            raise Refused("unknown-questionnaire", message=f"the design at hand has no questionnaire '{name}'")
        answers = simulate_answers(self._knowledge.questionnaires[name], draw=self._draw)
        form = _find_form(page, having="csrfmiddlewaretoken")
        self._client.load(page.address, form={**form.hidden, **_as_fields(answers)})

    def _leave(self, left: Left) -> tuple[OutcomeKind, str]:
        if not left.withdraws:
            return "dropped out", ""
        page = self._client.load(f"{self._base}withdraw")
        form = _find_form(page, having="withdrawal")
        chosen = {name: self._draw.choice(values) for name, values in form.choices.items() if name == "withdrawal"}
        return "withdrew", self._client.load(page.address, form={**form.hidden, **chosen}).code

    def _insist(self, rest: str, body: Json) -> Json:
        return self._client.insist(lambda: self._client.call(f"{self._base}{rest}", body=body))


def _find_form(page: Page, *, having: str) -> Form:
    form = page.form(having=having)
    if form is None:
        raise Refused("unknown-page", message=f"{page.address} has no form with '{having}'")
    return form


def _hear_interval(url: str) -> int:
    """The interval to name of a headphone check's sound, whose address says which it is: CHECK/NUMBER.wav."""
    check, number = url.removesuffix(".wav").split("/")[-2:]
    named: HeadphoneCheckName = "huggins" if check == "huggins" else "antiphase"
    return right_interval(named, number=int(number))


def _as_fields(answers: Mapping[str, object]) -> dict[str, str | list[str]]:
    """Answers as a form posts them: each row of a grid by itself, several choices under one name."""
    fields: dict[str, str | list[str]] = {}
    for name, answer in answers.items():
        if isinstance(answer, dict):
            fields |= {f"{name}.{row}": str(point) for row, point in answer.items()}
        else:
            fields[name] = [str(value) for value in answer] if isinstance(answer, list) else str(answer)
    return fields
