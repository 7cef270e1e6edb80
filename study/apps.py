"""The Django app of the study program."""

from django.apps import AppConfig


class StudyConfig(AppConfig):
    """Earshot's one app: designs, enrolments and their records."""

    name = "study"
    verbose_name = "Earshot"
    default_auto_field = "django.db.models.BigAutoField"
