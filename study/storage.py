"""Static files under names that carry their content's hash, imports between modules included; comments are left out."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from django.core.files.base import ContentFile, File
from rjsmin import jsmin
from whitenoise.storage import CompressedManifestStaticFilesStorage


class Readable(Protocol):
    """Where a static file comes from."""

    def open(self, name: str, mode: str = "rb") -> "File[Any]":
        """The file; Any is Django's own type of content."""


def shrink(script: str) -> str:
    """A script as it is served: without the comments and blanks that only its readers need."""
    shrunk: str = jsmin(script)
    return shrunk


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise ships no types
    """Hashed names for every static file; `import` lines of ES modules are rewritten to them."""

    support_js_module_import_aggregation = True

    def post_process(
        self, paths: Mapping[str, tuple[Readable, str]], dry_run: bool = False, **options: Any
    ) -> Iterator[Any]:  # Any is Django's own signature
        """Name the files by their content, our own scripts by that which is served."""
        shrunk = {
            name: (_Shrunk(storage) if _is_ours(name) else storage, path) for name, (storage, path) in paths.items()
        }
        yield from super().post_process(shrunk, dry_run, **options)


class _Shrunk:
    """Where scripts come from, shrunk on the way."""

    def __init__(self, storage: Readable) -> None:
        self._storage = storage

    def open(self, name: str, mode: str = "rb") -> "File[Any]":
        with self._storage.open(name, mode) as file:
            return ContentFile(shrink(file.read().decode()).encode(), name=name)


def _is_ours(name: str) -> bool:
    return name.startswith(("participant/", "researcher/")) and name.endswith(".js")
