"""What simulated participants do beside answering: times, plays, instructions followed; independent of the answers."""

import math
import random
from datetime import datetime, timedelta
from uuid import uuid4

from earshot.design.conditions import Condition, Exposure
from earshot.tasks.fields import Answers
from study.models import Response, Trial

ATTENTION_PASSED_SHARE = 0.97
"""Of attention trials: the share that is answered as instructed, else with any other label. Declared, not measured."""

_BEFORE_ONSET_MS = 1500
_MEDIAN_RT_MS = 1800
_RT_LOG_SD = 0.5


class Behaviour:
    """One participant's; `draw` decides everything."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw

    def follow_instruction(self, label: str, *, labels: list[str]) -> str:
        """The answer to an attention trial that asks for `label`."""
        if self._draw.random() < ATTENTION_PASSED_SHARE:
            return label
        return self._draw.choice([other for other in labels if other != label])

    def respond(
        self, trial: Trial, *, answers: Answers, begun_at: datetime, condition: Condition | None, exposure: Exposure
    ) -> Response:
        """The response to `trial`, which begins at `begun_at`; an attention trial has no condition and no dwell."""
        trial.begun_at = begun_at
        rt_ms = round(self._draw.lognormvariate(math.log(_MEDIAN_RT_MS), _RT_LOG_SD))
        onset_to_response_ms = rt_ms if condition is None else exposure.dwell_ms + rt_ms
        return Response(
            trial=trial,
            client_id=uuid4(),
            answers=answers,
            rt_ms=rt_ms,
            onset_to_response_ms=onset_to_response_ms,
            heard_share=1.0,
            answered_at=begun_at + timedelta(milliseconds=_BEFORE_ONSET_MS + onset_to_response_ms),
            **self._count_plays(condition, is_exemplar=trial.kind == "exemplar", exposure=exposure),
        )

    def _count_plays(self, condition: Condition | None, *, is_exemplar: bool, exposure: Exposure) -> dict[str, int]:
        """How often everything was met; what is not there has no play, and a picture has one."""
        if condition is None:
            return {"plays": 0, "second_plays": 0, "original_plays": 0}
        by_sound = {
            "plays": condition.uses_sound,
            "second_plays": condition.uses_sound if condition.against else condition.given_channel == "sound",
            "original_plays": condition.given_channel == "sound",
        }
        has_second = condition.task in ("preference", "counterfactual-simulation") and not is_exemplar
        is_there = {"plays": True, "second_plays": has_second, "original_plays": condition.given != "nothing"}
        drawn = {name: self._draw.randint(1, exposure.max_plays) if heard else 1 for name, heard in by_sound.items()}
        return {name: plays if is_there[name] else 0 for name, plays in drawn.items()}
