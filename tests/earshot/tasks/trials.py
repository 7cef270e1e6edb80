"""Trials and ratings that the tests of all tasks share."""

import random

from earshot.tasks.fields import Answers
from earshot.tasks.kinds import TASKS
from earshot.tasks.task import Asked, RatingSettings, TaskName

DIGITS = tuple("0123456789")
N_SIMULATED = 4000

LIKERT = RatingSettings.model_validate(
    {
        "scale": "likert",
        "points": 7,
        "statements": [
            {
                "name": name,
                "text": {"en": text},
                "least_text": {"en": "not at all"},
                "most_text": {"en": "fully"},
            }
            for name, text in (("was-clear", "It was clear."), ("was-long", "It was long."))
        ],
    }
)
VISUAL_ANALOGUE = LIKERT.model_copy(update={"scale": "visual-analogue", "points": None})


def asked(
    task: TaskName,
    *,
    predicted_label: str = "5",
    ask_perceived: bool = False,
    rating: RatingSettings | None = LIKERT,
    labels: tuple[str, ...] = DIGITS,
) -> Asked:
    """A trial in which 7 was said, and the changed clip answered with 3."""
    return Asked(
        task=task,
        labels=labels,
        true_label="7",
        predicted_label=predicted_label,
        changed_label="3",
        ask_perceived=ask_perceived,
        rating=rating,
        first="relevance-sound",
        second="control-sound",
    )


def generator(seed: int) -> random.Random:
    """What simulated participants draw from."""
    return random.Random(seed)  # noqa: S311  # a simulation, nothing to keep secret


def simulated(trial: Asked, *, understanding: float, recognition: float, seed: int = 1) -> list[Answers]:
    """The answers of 4,000 simulated participants."""
    draw = generator(seed)
    return [
        TASKS[trial.task].simulate(trial, understanding=understanding, recognition=recognition, draw=draw)
        for _ in range(N_SIMULATED)
    ]


def share_correct(trial: Asked, *, understanding: float, recognition: float) -> float:
    """The share of right answers of 4,000 simulated participants."""
    answers = simulated(trial, understanding=understanding, recognition=recognition)
    return sum(TASKS[trial.task].correct(given, asked=trial) is True for given in answers) / N_SIMULATED


def tolerance(share: float) -> float:
    """Four standard errors of a share among 4,000: one seed in 16,000 would miss it, and the seed is fixed."""
    return 4.0 * float((share * (1.0 - share) / N_SIMULATED) ** 0.5)
