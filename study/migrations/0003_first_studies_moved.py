"""Rows of the first rooms as those of the new ones: nothing that was recorded is lost.

A trial's phase becomes its block, its mask and its participant's channel its condition, its answer and confidence the
fields of its task; drafts become study files of the newest format.
"""

from typing import Any

from django.db import migrations

from earshot.design import upgrade

_NUMBERS = {"none": 0, "relevance": 1, "control": 2}
_BLOCKS = {"training": "practice", "main": "main"}


def move(apps: Any, schema_editor: Any) -> None:
    """Move everything (Any: historical models have no types)."""
    _move_drafts(apps.get_model("study", "Study"))
    _move_renditions(apps.get_model("study", "Rendition"), picture=apps.get_model("study", "Picture"))
    for enrolment in apps.get_model("study", "Enrolment").objects.filter(arm__isnull=False).select_related("arm"):
        enrolment.arm_name = enrolment.arm.name
        enrolment.sequence = enrolment.list_index
        enrolment.save(update_fields=["arm_name", "sequence"])
    for trial in apps.get_model("study", "Trial").objects.select_related("enrolment__arm").iterator():
        trial.block, trial.kind = _BLOCKS[trial.phase], trial.phase
        trial.condition = f"{trial.enrolment.arm.channel}-{trial.mask}"
        trial.save(update_fields=["block", "kind", "condition"])
    for response in apps.get_model("study", "Response").objects.iterator():
        response.answers = {"answer": response.answer, "confidence": response.confidence}
        response.save(update_fields=["answers"])


def _move_drafts(study_model: Any) -> None:
    for study in study_model.objects.filter(stage="draft"):
        arms = [{"name": arm.name, "channel": arm.channel, "weight": arm.weight} for arm in study.arms.all()]
        study.draft = upgrade.to_newest({**study.design, "arms": arms}, place=f"study '{study.slug}'")
        study.save(update_fields=["draft"])


def _move_renditions(rendition_model: Any, *, picture: Any) -> None:
    for rendition in rendition_model.objects.iterator():
        rendition.number = _NUMBERS[rendition.mask]
        rendition.form = "original" if rendition.mask == "none" else "soft-mask"
        rendition.save(update_fields=["number", "form"])
        picture.objects.create(
            rendition=rendition,
            kind="matched",
            file=rendition.picture_file,
            duration_ms=rendition.picture_duration_ms,
            frequency_min_hz=rendition.frequency_min_hz,
            frequency_max_hz=rendition.frequency_max_hz,
            floor_db=rendition.floor_db,
            ceiling_db=rendition.ceiling_db,
        )


class Migration(migrations.Migration):
    dependencies = [("study", "0002_rooms_for_designs")]

    operations = [migrations.RunPython(move, elidable=False)]
