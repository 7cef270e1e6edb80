"""What happened in a study, in order: rows that are only ever added."""

from typing import Any, NoReturn

from django.db import models

from study.models.design import Study, Version


class Event(models.Model):
    """One consequential act; holds no personal data.

    `enrolment` is the participant's random code, empty where nobody in particular is concerned. The database refuses
    to change or delete a row (see the migration's triggers); `at` is the server's clock, UTC. Rows of one study that
    decide allocation are written under the lock of its version, so that their order is that of their ids.
    """

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="events")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, null=True, blank=True, related_name="events")
    at = models.DateTimeField()
    kind = models.CharField(max_length=32)
    enrolment = models.CharField(max_length=16, blank=True, default="")
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]
        indexes = [
            # Allocation reads a version's events from the last one it knows.
            models.Index(fields=["version", "id"], name="event_of_version_in_order"),
            models.Index(fields=["study", "id"], name="event_of_study_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.study.slug} · {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; ValueError for one that was added before (Any is Django's own signature)."""
        if self.pk is not None:
            raise ValueError("an event cannot be changed; add another one")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse (Any is Django's own signature)."""
        raise ValueError("an event cannot be deleted")
