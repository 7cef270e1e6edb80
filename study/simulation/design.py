"""The design of a clone of stage simulated."""

from earshot.design.study_file import StudyFile
from study.models import Study
from study.selectors import shown_design


def simulated_design(study: Study, *, n_per_arm: int) -> StudyFile:
    """The study's design with places for exactly `n_per_arm` participants per unit of weight, and none beyond them.

    The slug stays, because it draws the stimuli: a clone shows the very stimuli people meet.
    """
    design = shown_design(study)
    arms = [arm.model_copy(update={"quota": None}) for arm in design.arms]
    recruitment = design.recruitment.model_copy(update={"n_per_arm": n_per_arm})
    return design.model_copy(update={"arms": arms, "recruitment": recruitment})
