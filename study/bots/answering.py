"""How a bot answers one trial, from what the server lets a page know of it."""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from study.bots.behaviours import Manner
from study.bots.client import Json

_MEDIAN_RT_MS = 1800
_RT_LOG_SD = 0.5
_GUESS_MS = 150
_VIEWPORT = {"viewport_width_px": 1280, "viewport_height_px": 800, "pixel_ratio": 1.0}


@dataclass(frozen=True)
class Times:
    """How long a trial is met and thought about, ms: what is heard or seen before, the explanation, the answer."""

    original_ms: float
    explained_ms: float
    changed_ms: float
    rt_ms: int

    @property
    def whole_ms(self) -> float:
        """From the beginning to the answer."""
        return self.original_ms + self.explained_ms + self.changed_ms + self.rt_ms


@dataclass(frozen=True)
class Listener:
    """Who answers; `words` knows what is said in recordings, by their address, as far as the bot can hear it."""

    manner: Manner
    draw: random.Random
    words: Mapping[str, str]

    def times(self, trial: Json) -> Times:
        """How long it takes; a guess takes as long as the page makes everybody wait, and a moment."""
        explained_ms = sum(_duration_ms(each) for each in trial["explanations"])
        is_guess = self.manner == "guesses-at-once"
        rt_ms = _GUESS_MS if is_guess else round(self.draw.lognormvariate(math.log(_MEDIAN_RT_MS), _RT_LOG_SD))
        return Times(
            original_ms=_duration_ms(trial["original"]),
            explained_ms=max(trial["exposure"]["dwell_ms"], explained_ms) if trial["explanations"] else 0.0,
            changed_ms=_duration_ms(trial["changed"]),
            rt_ms=rt_ms,
        )

    def choose(self, trial: Json, *, step: Json) -> dict[str, str | int]:
        """The answers to one step."""
        return {field["name"]: self._choose(trial, field=field) for field in step["fields"]}

    def _choose(self, trial: Json, *, field: Json) -> str | int:
        if trial["instructed"] and self.manner != "guesses-at-once":
            label: str = trial["instructed"]["label"]
            return label
        values: list[str | int] = field["values"]
        if field["widget"] == "line":
            return self.draw.randint(int(values[0]), int(values[-1]))
        said = self._word_said(trial)
        if self.manner == "names-the-word" and field["widget"] == "labels" and said in values:
            return said
        return self.draw.choice(values)

    def _word_said(self, trial: Json) -> str:
        """The label of what the person says, as it was told or heard; empty where neither is."""
        told = [label["label"] for label in trial["labels"] if label["word"] == trial["word"]]
        sound = (trial["original"] or {}).get("sound") or {}
        return told[0] if told else self.words.get(sound.get("url", ""), "")


def make_answer(trial: Json, *, times: Times, answers: Mapping[str, str | int], begin_id: str) -> Json:
    """The body of a response, as the page sends it, less its age."""
    n_explanations = len(trial["explanations"])
    onset_ms = times.original_ms if n_explanations else None
    opened_ms = times.whole_ms - times.rt_ms
    return {
        "client_id": str(uuid4()),
        "begin_id": begin_id,
        "answers": dict(answers),
        "rt_ms": times.rt_ms,
        "onset_to_response_ms": round(times.whole_ms - times.original_ms) if n_explanations else 0,
        "plays": min(n_explanations, 1),
        "second_plays": int(n_explanations > 1) + int(trial["changed"] is not None),
        "original_plays": int(trial["original"] is not None),
        "heard_share": 1.0 if n_explanations else 0.0,
        "circumstances": _VIEWPORT
        | {"explanation_onset_ms": onset_ms, "opened_ms": opened_ms, "answered_ms": times.whole_ms},
    }


def _duration_ms(presented: Json | None) -> float:
    """How long something is heard; a picture is there at once."""
    sound = presented["sound"] if presented else None
    return float(sound["duration_ms"]) if sound else 0.0
