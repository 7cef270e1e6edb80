"""What else than the recipe and the recordings decides a bundle's bytes: code and library versions."""

import platform
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from earshot.files import sha256_bytes, sha256_file

_LIBRARIES = (
    "librosa",
    "matplotlib",
    "numpy",
    "pillow",
    "safetensors",
    "scipy",
    "soundfile",
    "soxr",
    "torch",
    "zennit",
)
_EXPLAINER = Path(__file__).parent
_CORE = _EXPLAINER.parent / "earshot"
# the rooms that decide a network's weights and what is said of it: another way to explain or to draw trains nothing
TRAINING_ROOMS = ("accuracies/measures.py", "corpora", "networks", "timefrequency.py", "trained.py", "training")
# the rooms that read bundles, or write no bundle: whoever changes them need not build anew
_APART = ("__main__.py", "arrays.py", "bench/", "faithfulness/", "manipulation/")


def library_versions() -> dict[str, str]:
    """Versions by name, read without importing any of the libraries."""
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in _LIBRARIES}


def bundle_code_sha256() -> str:
    """Hash of all code that makes a bundle: the explainer, as far as it does, and the core's format and files."""
    sources = (path for path in _EXPLAINER.rglob("*.py") if not _is_apart(path.relative_to(_EXPLAINER).as_posix()))
    return _hash_sources([*sources, _CORE / "bundle.py", _CORE / "files.py"])


def _is_apart(name: str) -> bool:
    return name.startswith(_APART)


def training_code_sha256() -> str:
    """Hash of the code that decides a network's weights."""
    rooms = [_EXPLAINER / name for name in TRAINING_ROOMS]
    return _hash_sources(path for room in rooms for path in (room.rglob("*.py") if room.is_dir() else [room]))


def _hash_sources(paths: Iterable[Path]) -> str:
    root = _EXPLAINER.parent
    lines = sorted(f"{path.relative_to(root).as_posix()} {sha256_file(path)}\n" for path in paths)
    return sha256_bytes("".join(lines).encode())
