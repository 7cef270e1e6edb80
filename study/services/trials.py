"""Making the trials of a participant."""

from collections.abc import Sequence

from earshot.sequence.plan import PlannedTrial
from study.models import Bundle, Enrolment, Stimulus, Trial


def trials_make(*, enrolment: Enrolment, bundle: Bundle, planned: Sequence[PlannedTrial]) -> None:
    """Store the trials of an enrolment, in their order."""
    names = {trial.stimulus for trial in planned if trial.stimulus is not None}
    stimuli = {stimulus.name: stimulus for stimulus in Stimulus.objects.filter(bundle=bundle, name__in=names)}
    Trial.objects.bulk_create(
        Trial(
            enrolment=enrolment,
            index=index,
            block=trial.block,
            kind=trial.kind,
            stimulus=stimuli[trial.stimulus] if trial.stimulus is not None else None,
            condition=trial.condition or "",
            instructed_label=trial.instructed_label or "",
            is_swapped=trial.is_swapped,
        )
        for index, trial in enumerate(planned)
    )
