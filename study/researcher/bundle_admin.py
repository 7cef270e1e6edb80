"""The admin's page of bundles: every rendition can be seen and heard."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse

from earshot.bundle import Manifest, Network, parse_manifest
from earshot.bundle import Stimulus as DescribedStimulus
from study.models import Bundle, Rendition, Stimulus
from study.presentation import MEDIA_URL
from study.researcher.records import RecordAdmin


@dataclass(frozen=True)
class ShownRendition:
    """One rendition's pictures (kind and address) and sound, as the page shows them."""

    title: str
    is_original: bool
    pictures: list[tuple[str, str]]
    sound_url: str
    duration_ms: float
    mask_share: float
    energy_kept_share: float


@dataclass(frozen=True)
class ShownStimulus:
    """One stimulus with what only staff may know."""

    name: str
    role: str
    true_label: str
    predicted_label: str
    model_correct: bool
    probabilities: list[tuple[str, float]]
    renditions: list[ShownRendition]


@admin.register(Bundle)
class BundleAdmin(RecordAdmin):
    """Loaded bundles with players."""

    list_display = ["name", "short_sha256", "n_stimuli", "loaded_at"]
    fields = ["name", "sha256", "loaded_at", "networks", "corpus", "methods"]
    change_form_template = "researcher/bundle.html"
    change_list_template = "researcher/bundles.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Bundle]:
        """Bundles with their number of stimuli."""
        return Bundle.objects.annotate(n_stimuli=Count("stimuli"))

    @admin.display(description="SHA-256")
    def short_sha256(self, bundle: Bundle) -> str:
        """The first digits of the bundle's hash."""
        return bundle.sha256[:12]

    @admin.display(description="stimuli", ordering="n_stimuli")
    def n_stimuli(self, bundle: Bundle) -> int:
        """How many stimuli the bundle brought."""
        return bundle.n_stimuli  # type: ignore[attr-defined, no-any-return]  # annotated in get_queryset

    @admin.display(description="networks")
    def networks(self, bundle: Bundle) -> str:
        """Each network and its accuracies."""
        return "; ".join(describe_network(network) for network in _manifest(bundle).networks)

    @admin.display(description="recordings")
    def corpus(self, bundle: Bundle) -> str:
        """The recordings the bundle was made from."""
        corpus = _manifest(bundle).corpus
        return f"{corpus.name}: {corpus.n_clips} clips of {corpus.n_speakers} speakers, {corpus.sample_rate_hz} Hz"

    @admin.display(description="explained by")
    def methods(self, bundle: Bundle) -> str:
        """The methods that found the relevance, and their rules."""
        methods = {text for network in _manifest(bundle).networks for text in network.methods.values()}
        return " · ".join(sorted(methods))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The bundle's page; adds every stimulus with its players."""
        bundle = self.get_object(request, object_id)
        shown = describe_stimuli(bundle) if isinstance(bundle, Bundle) else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "stimuli": shown})


def describe_network(network: Network) -> str:
    """A network's size and how well it does on what its weights never saw; what was never measured is said to be so."""

    def said(accuracy: float | None) -> str:
        return "not measured" if accuracy is None else f"{accuracy:.1%}"

    override = "" if network.gate is None or network.gate.override is None else f"; gate: {network.gate.override}"
    return (
        f"{network.name}, {network.n_parameters:,} parameters; correct on held-out takes: "
        f"{said(network.accuracy_heldout_takes)}, on held-out speakers' clips: "
        f"{said(network.accuracy_heldout_speakers)}{override}"
    )


def describe_stimuli(bundle: Bundle) -> list[ShownStimulus]:
    """Every stimulus of a bundle, training first, with its renditions and probabilities."""
    described = {stimulus.id: stimulus for stimulus in _manifest(bundle).stimuli}
    stimuli = bundle.stimuli.prefetch_related("renditions__pictures").order_by("-role", "name")
    return [_describe_stimulus(stimulus, described=described[stimulus.name]) for stimulus in stimuli]


def _describe_stimulus(stimulus: Stimulus, *, described: DescribedStimulus) -> ShownStimulus:
    ranked = sorted(described.probabilities.items(), key=lambda item: -item[1])
    return ShownStimulus(
        name=stimulus.name,
        role=stimulus.role,
        true_label=stimulus.true_label,
        predicted_label=stimulus.predicted_label,
        model_correct=stimulus.model_correct,
        probabilities=ranked[:3],
        renditions=[_describe_rendition(one, described=described) for one in stimulus.renditions.all()],
    )


def _describe_rendition(rendition: Rendition, *, described: DescribedStimulus) -> ShownRendition:
    measured = described.renditions[rendition.number]
    is_original = rendition.mask == "none"
    beside = [] if is_original else [part for part in (rendition.method, rendition.form) if part]
    return ShownRendition(
        title=" · ".join(["original" if is_original else rendition.mask, *beside]),
        is_original=is_original,
        pictures=[(picture.kind, MEDIA_URL + picture.file) for picture in rendition.pictures.all()],
        sound_url=MEDIA_URL + rendition.sound_file,
        duration_ms=rendition.sound_duration_ms,
        mask_share=measured.mask_share,
        energy_kept_share=measured.energy_kept_share,
    )


def _manifest(bundle: Bundle) -> Manifest:
    return parse_manifest(bytes(bundle.manifest), place=f"the manifest of bundle '{bundle.name}'")
