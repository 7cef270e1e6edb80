"""Which analysis a protocol is frozen with: a hash over its source, found without importing it."""

from importlib.util import find_spec
from pathlib import Path

from earshot.files import sha256_bytes, sha256_file

_PACKAGE = "analysis"
_SUFFIXES = frozenset({".py", ".j2"})


def analysis_sha256() -> str | None:
    """SHA-256 over names and contents of the analysis' source files; None where it is not installed."""
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0])
    files = sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES)
    lines = [f"{path.relative_to(folder).as_posix()} {sha256_file(path)}\n" for path in files]
    return sha256_bytes("".join(lines).encode())
