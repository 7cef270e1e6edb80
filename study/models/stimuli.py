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
    network = models.CharField(max_length=200, blank=True, default="")
    role = models.CharField(
        max_length=16, choices=[("main", "main"), ("training", "training"), ("attention", "attention")]
    )
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
    """One way to present a stimulus: the sound of what `method` found, by one mask and in one form.

    `number` is its place among the stimulus' renditions in the manifest: of several that a condition could mean, the
    first one is shown. `answered_label` is what the network answers to this very sound, where the bundle says so.
    """

    stimulus = models.ForeignKey(Stimulus, on_delete=models.CASCADE, related_name="renditions")
    number = models.PositiveSmallIntegerField()
    mask = models.CharField(max_length=32)
    method = models.CharField(max_length=100, blank=True, default="")
    form = models.CharField(max_length=40, blank=True, default="")
    # Indexed for the media view, which serves only names that stand here or among pictures.
    sound_file = models.CharField(max_length=80, db_index=True)
    sound_duration_ms = models.FloatField()
    answered_label = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        ordering = ["stimulus", "number"]
        constraints = [models.UniqueConstraint(fields=["stimulus", "number"], name="rendition_once_per_number")]

    def __str__(self) -> str:
        return f"{self.stimulus} · {self.mask}"


class Picture(models.Model):
    """One picture of a rendition: the name of a file in the media folder, and its axes."""

    rendition = models.ForeignKey(Rendition, on_delete=models.CASCADE, related_name="pictures")
    kind = models.CharField(max_length=16)
    file = models.CharField(max_length=80, db_index=True)
    alternative_text = models.TextField(blank=True, default="")
    duration_ms = models.FloatField()
    frequency_min_hz = models.FloatField()
    frequency_max_hz = models.FloatField()
    floor_db = models.FloatField()
    ceiling_db = models.FloatField()

    class Meta:
        ordering = ["rendition", "id"]
        constraints = [models.UniqueConstraint(fields=["rendition", "kind"], name="picture_once_per_kind")]

    def __str__(self) -> str:
        return f"{self.rendition} · {self.kind}"
