"""Whether a bundle can serve a design: the right one, its labels, and stimuli with all that the conditions show."""

from functools import lru_cache

from earshot.bundle import Manifest, parse_manifest
from earshot.design.stimuli import BlockStimuli, plan_stimuli
from earshot.design.study_file import StudyFile
from earshot.errors import StudyError
from study.models import Bundle


def find_bundle(design: StudyFile) -> Bundle:
    """The loaded bundle that the design names.

    Raises
    ------
    StudyError
        If none of this name is loaded, or the one that is has another hash than the design says.
    """
    name, sha256 = design.study.bundle, design.study.bundle_sha256
    bundle = Bundle.objects.filter(name=name).first()
    if bundle is None:
        loaded = ", ".join(Bundle.objects.order_by("name").values_list("name", flat=True)) or "none"
        raise StudyError(
            f"study.bundle is '{name}', which is not loaded (loaded: {loaded}); run python manage.py load_bundle first"
        )
    if sha256 is not None and sha256 != bundle.sha256:
        raise StudyError(
            f"study.bundle_sha256 is {sha256}; the loaded bundle '{name}' has {bundle.sha256}: load the bundle the "
            "study file was written for, or take the line out"
        )
    return bundle


def bundle_manifest(bundle: Bundle) -> Manifest:
    """The manifest of a loaded bundle, from its stored bytes, which are parsed once per process."""
    return _read_manifest(bundle.sha256)


@lru_cache(maxsize=8)
def _read_manifest(sha256: str) -> Manifest:
    name, content = Bundle.objects.values_list("name", "manifest").get(sha256=sha256)
    return parse_manifest(bytes(content), place=f"bundle '{name}'")


def check_design(design: StudyFile, *, bundle: Bundle) -> list[BlockStimuli]:
    """The stimuli of each block, drawn from the bundle.

    Raises
    ------
    StudyError
        If the bundle lacks stimuli or a rendition that a condition needs, or words do not fit its labels.
    """
    check_words(design, labels=bundle.labels)
    return plan_stimuli(design, manifest=bundle_manifest(bundle), bundle_sha256=bundle.sha256)


def check_words(design: StudyFile, *, labels: list[str]) -> None:
    """Refuse words for labels that the bundle has not, and labels of one language that sound alike; StudyError."""
    for language, texts in design.texts.items():
        place = f"texts.{language}.labels"
        unknown = sorted(set(texts.labels) - set(labels))
        if unknown:
            raise StudyError(
                f"{place} names '{unknown[0]}'; bundle '{design.study.bundle}' has the labels {', '.join(labels)}"
            )
        words = [texts.word(label) for label in labels]
        doubled = sorted({word for word in words if words.count(word) > 1})
        if doubled:
            raise StudyError(
                f"two labels of bundle '{design.study.bundle}' are said as '{doubled[0]}'; give each a word of its own "
                f"in {place}"
            )
