"""What has to be heard and waited for before a trial may be answered, and the refusal of what comes sooner."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from earshot.design.conditions import Condition
from earshot.design.study_file import StudyFile
from study.models import Stimulus, Trial
from study.presentation import find_rendition, find_shown, shown_conditions
from study.refusals import Refusal


@dataclass(frozen=True)
class TrialExposure:
    """What one begun trial demands.

    Parameters
    ----------
    begun_at : datetime
        When the trial can have begun at the earliest, by the server's clock.
    dwell_ms : int
        From the explanation's onset to the opening of answers.
    until_first_ms, until_last_ms : float
        From the beginning to the earliest answer of a first step, and of the last one: dwell and sounds one after the
        other.
    has_original, has_second : bool
        Whether the clip is given beforehand, and whether there is a second explanation or a changed clip.
    by_sound : bool
        Whether explanations are heard.
    """

    begun_at: datetime
    max_plays: int
    dwell_ms: int = 0
    least_heard_share: float = 0.0
    until_first_ms: float = 0.0
    until_last_ms: float = 0.0
    has_original: bool = False
    has_second: bool = False
    by_sound: bool = False

    @classmethod
    def of(cls, trial: Trial, *, begun_at: datetime, design: StudyFile) -> "TrialExposure":
        """The demands of a trial, whose stimulus has its renditions prefetched; an attention trial has none."""
        if trial.stimulus is None:
            return cls(begun_at=begun_at, max_plays=0)
        condition = design.condition(trial.condition)
        exposure = design.exposure_of(condition)
        is_exemplar = trial.kind == "exemplar"
        shown = [condition] if is_exemplar else shown_conditions(condition, is_swapped=trial.is_swapped, design=design)
        has_changed = condition.changed is not None and not is_exemplar
        original_ms = _clip_ms(trial.stimulus, mask="none", condition=condition) if condition.given != "nothing" else 0
        changed_ms = _clip_ms(trial.stimulus, mask=condition.changed or "", condition=condition) if has_changed else 0
        explained_ms = max(exposure.dwell_ms, sum(_explanation_ms(trial.stimulus, condition=each) for each in shown))
        return cls(
            begun_at=begun_at,
            max_plays=exposure.max_plays,
            dwell_ms=exposure.dwell_ms,
            least_heard_share=exposure.least_heard_share,
            # A first step follows the clip; where none is given, the explanation.
            until_first_ms=original_ms if condition.given != "nothing" else explained_ms,
            until_last_ms=original_ms + explained_ms + changed_ms,
            has_original=condition.given != "nothing",
            has_second=len(shown) > 1 or has_changed,
            by_sound=condition.uses_sound,
        )


def check_plays(exposure: TrialExposure, *, plays: Sequence[int]) -> None:
    """Refuse with `malformed` more plays of anything than the study allows."""
    if max(plays) > exposure.max_plays:
        raise Refusal("malformed", f"plays is {max(plays)}; this study allows {exposure.max_plays}")


def check_heard(
    exposure: TrialExposure, *, plays: int, second_plays: int, original_plays: int, heard_share: float
) -> None:
    """Refuse with `not-heard` what was answered before everything was met."""
    if exposure.has_original and original_plays < 1:
        raise Refusal("not-heard", "the original was not met; play it once before you answer")
    if exposure.has_second and second_plays < 1:
        raise Refusal("not-heard", "the second recording was not met; play it once before you answer")
    if exposure.by_sound and (plays < 1 or heard_share < exposure.least_heard_share):
        raise Refusal("not-heard", "the explanation was not heard to its end; play it once before you answer")


def check_passed(least_ms: float, *, begun_at: datetime, now: datetime) -> None:
    """Refuse with `too-early` what comes before `least_ms` have passed by the server's clock."""
    passed_ms = (now - begun_at).total_seconds() * 1000
    if passed_ms < least_ms:
        raise Refusal(
            "too-early",
            f"the answer came {passed_ms:.0f} ms after the trial began; answering opens after {least_ms:.0f} ms",
            retry_after_ms=math.ceil(least_ms - passed_ms),
        )


def check_waited(exposure: TrialExposure, *, onset_to_response_ms: int) -> None:
    """Refuse with `too-early` an answer within the dwell by the browser's own account."""
    if onset_to_response_ms < exposure.dwell_ms:
        raise Refusal(
            "too-early",
            f"onset_to_response_ms is {onset_to_response_ms}; answering opens {exposure.dwell_ms} ms after the onset",
        )


def _clip_ms(stimulus: Stimulus, *, mask: str, condition: Condition) -> float:
    """How long the clip sounds under a mask; nothing where it is given as a picture."""
    return find_rendition(stimulus, mask=mask).sound_duration_ms if condition.given_channel == "sound" else 0.0


def _explanation_ms(stimulus: Stimulus, *, condition: Condition) -> float:
    shown = find_shown(stimulus, condition=condition)
    return shown.sound_duration_ms if condition.uses_sound else 0.0
