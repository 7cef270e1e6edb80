"""A design in sentences, for the pages that show a study as a whole."""

from earshot.design.blocks import BreakBlock, MainBlock, TrainingBlock
from earshot.design.conditions import Condition
from earshot.design.study_file import StudyFile
from study.researcher.designing.words import value_word


def describe_arms(design: StudyFile) -> list[tuple[str, str]]:
    """Each arm and the conditions it gets, with its weight and quota."""
    return [
        (
            f"{arm.name} (weight {arm.weight}, at most {design.quota(arm)})",
            "; ".join(describe_condition(design.condition(name)) for name in arm.conditions),
        )
        for arm in design.arms
    ]


def describe_condition(condition: Condition) -> str:
    """What a condition gives, shows and asks."""
    return (
        f"{condition.name}: given {value_word(f'given.{condition.given}')}, {value_word(f'mask.{condition.mask}')} by "
        f"{value_word(f'channel.{condition.channel}')}, {value_word(f'task.{condition.task}')}"
    )


def describe_session(design: StudyFile) -> list[tuple[str, str]]:
    """Each block and what is in it, after the questionnaires before allocation and before those at the end."""
    before = [(one.name, "questionnaire before allocation") for one in design.questionnaires_at("before")]
    after = [(one.name, "questionnaire at the end") for one in design.questionnaires_at("after")]
    blocks = []
    for block in design.blocks:
        if isinstance(block, TrainingBlock):
            blocks.append((block.name, f"{block.n_items} training trials with feedback"))
        elif isinstance(block, MainBlock):
            blocks.append((block.name, _describe_main(block)))
        elif isinstance(block, BreakBlock):
            blocks.append((block.name, f"a break of at least {block.least_s} s"))
        else:
            blocks.append((block.name, f"questionnaire {block.questionnaire}"))
    return [*before, *blocks, *after]


def _describe_main(block: MainBlock) -> str:
    plural = "" if block.n_attention == 1 else "s"
    attention = f" and {block.n_attention} attention trial{plural}" if block.n_attention else ""
    return f"{block.n_items} trials ({block.n_right} right and {block.n_wrong} wrong predictions){attention}"
