"""What a bundle brought: its manifest, its stimuli and the files of their renditions."""

from django.db import models


class Bundle(models.Model):
    """A loaded bundle; its manifest is kept as the bytes that were hashed."""

    name = models.CharField(max_length=200, unique=True)
    sha256 = models.CharField(max_length=64, unique=True)
    manifest = models.BinaryField()
    labels = models.JSONField(default=list)
    loaded_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.sha256[:8]})"


class Stimulus(models.Model):
    """A clip as one network heard it."""

    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="stimuli")
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=16, choices=[("main", "main"), ("training", "training")])
    true_label = models.CharField(max_length=64)
    predicted_label = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "stimuli"
        ordering = ["role", "name"]
        constraints = [models.UniqueConstraint(fields=["bundle", "name"], name="stimulus_once_per_bundle")]

    def __str__(self) -> str:
        return self.name

    @property
    def model_correct(self) -> bool:
        """Whether the network answered the true label."""
        return self.true_label == self.predicted_label


class Rendition(models.Model):
    """One mask's sound and picture of a stimulus: names of files in the media folder, and the picture's axes."""

    stimulus = models.ForeignKey(Stimulus, on_delete=models.CASCADE, related_name="renditions")
    mask = models.CharField(
        max_length=16, choices=[("none", "none"), ("relevance", "relevance"), ("control", "control")]
    )
    # Indexed for the media view, which serves only names that stand here.
    sound_file = models.CharField(max_length=80, db_index=True)
    sound_duration_ms = models.FloatField()
    picture_file = models.CharField(max_length=80, db_index=True)
    picture_duration_ms = models.FloatField()
    frequency_min_hz = models.FloatField()
    frequency_max_hz = models.FloatField()
    floor_db = models.FloatField()
    ceiling_db = models.FloatField()

    class Meta:
        ordering = ["stimulus", "mask"]
        constraints = [models.UniqueConstraint(fields=["stimulus", "mask"], name="rendition_once_per_mask")]

    def __str__(self) -> str:
        return f"{self.stimulus} · {self.mask}"
