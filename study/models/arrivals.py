"""How people come: a personal link, or a recruiting service's identifier, of which a keyed hash alone is kept."""

import uuid

from django.db import models
from django.db.models import Q

from study.models.design import Study
from study.models.enrolment import Enrolment


class Invitation(models.Model):
    """A personal link: `number` counts those of the study, the link's token is stored as its SHA-256 alone.

    Who was given which link is known to the researcher, not to us.
    """

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="invitations")
    number = models.PositiveIntegerField()
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["study", "number"]
        constraints = [models.UniqueConstraint(fields=["study", "number"], name="invitation_once_per_number")]

    def __str__(self) -> str:
        return f"{self.study.slug} · {self.number}"


class Arrival(models.Model):
    """The proof that somebody comes once: the keyed HMAC of an identifier from outside, or a personal link.

    `panel_session_hmac` is that of the recruiting service's session, by which it reports returns and time-outs.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="arrivals")
    enrolment = models.OneToOneField(Enrolment, on_delete=models.PROTECT, related_name="arrived")
    invitation = models.OneToOneField(Invitation, on_delete=models.PROTECT, null=True, blank=True)
    external_hmac = models.CharField(max_length=64, blank=True, default="", editable=False)
    panel_session_hmac = models.CharField(max_length=64, blank=True, default="", editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "external_hmac"], condition=~Q(external_hmac=""), name="arrival_once_per_person"
            ),
            models.CheckConstraint(
                condition=Q(invitation__isnull=False, external_hmac="")
                | (Q(invitation__isnull=True) & ~Q(external_hmac="")),
                name="arrival_by_link_or_service",
            ),
        ]

    def __str__(self) -> str:
        return str(self.enrolment)
