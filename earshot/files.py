"""Small tools for files: canonical JSON, hashes, strict TOML, write aside and rename, safe zips."""

import hashlib
import io
import json
import os
import shutil
import tempfile
import tomllib
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, TextIO, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from earshot.errors import EarshotError, describe_validation

# The earliest time a zip can hold: archives must not depend on when they were written.
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_READ_BLOCK_BYTES = 1 << 20
# What a damaged archive makes zipfile raise: broken structure or checksum, broken stream, an unknown method or an
# encryption flag where one bit was turned, an early end, a member said to lie before the file's beginning.
_ZIP_FAULTS = (OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, UnicodeDecodeError)


class Strict(BaseModel):
    """A frozen pydantic model that refuses unknown keys: the base of every format."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


StrictModel = TypeVar("StrictModel", bound=Strict)


def canonical_json(value: Any) -> bytes:
    """UTF-8 JSON with sorted keys, indented, ending in a newline: equal values give equal bytes.

    Raises
    ------
    ValueError
        If `value` holds NaN or an infinity.
    """
    text = json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def parse_json(content: bytes, *, place: str, error: type[EarshotError], way_out: str) -> Any:
    """The value of a JSON document.

    Parameters
    ----------
    content : bytes
        UTF-8.
    place, way_out : str
        What `content` is and what to do about a broken one, for the message.

    Raises
    ------
    error
        If it is no JSON, or nested more deeply than Python reads.
    """
    try:
        return json.loads(content)
    except ValueError as fault:
        raise error(f"{place} is no JSON ({fault}); {way_out}") from fault
    except RecursionError as fault:
        raise error(f"{place} is nested too deeply to be read; {way_out}") from fault


def sha256_bytes(content: bytes) -> str:
    """SHA-256 of `content`, 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's content, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def read_toml(path: Path, model: type[StrictModel], *, error: type[EarshotError]) -> StrictModel:
    """The TOML file at `path`, validated as `model`.

    Raises
    ------
    error
        If the file is missing, is no TOML, or does not fit `model`; the message names each fault.
    """
    try:
        return model.model_validate(read_toml_fields(path, error=error))
    except ValidationError as fault:
        raise error(f"{path.name}: {describe_validation(fault)}") from fault


def read_toml_fields(path: Path, *, error: type[EarshotError]) -> dict[str, Any]:
    """What the TOML file at `path` holds.

    Raises
    ------
    error
        If the file is missing or is no TOML.
    """
    if not path.is_file():
        raise error(f"{path} is missing; give the path of a TOML file")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise error(f"{path} is no TOML: {fault}") from fault


def read_format(
    fields: Any,
    model: type[StrictModel],
    *,
    newest: int,
    kind: str,
    place: str,
    error: type[EarshotError],
    way_out: str,
) -> StrictModel:
    """The fields of a versioned format, validated as `model`.

    Parameters
    ----------
    fields : Any
        What a JSON document held.
    newest : int
        The newest version that can be read; the document's own stands under `format_version`.
    kind, place, way_out : str
        What the version is of, what `fields` are, and what to do about broken ones, for the message.

    Raises
    ------
    error
        If the version is newer, or the fields do not fit.
    """
    version = fields.get("format_version") if isinstance(fields, dict) else None
    if isinstance(version, int) and version > newest:
        raise error(f"{place} has {kind} {version}; this Earshot reads up to {newest}: install a newer one")
    try:
        return model.model_validate(fields)
    except ValidationError as fault:
        raise error(f"{place}: {describe_validation(fault)}; {way_out}") from fault


@contextmanager
def folder_written_aside(target: Path) -> Iterator[Path]:
    """A fresh folder beside `target` that takes its name when the block ends well.

    Until then `target` stays as it was; when the block fails or is interrupted, the fresh folder is removed.
    An older `target` is replaced.
    """
    target = target.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield aside
        aside.chmod(0o755)
        _replace_folder(aside, target=target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _replace_folder(aside: Path, *, target: Path) -> None:
    """Put `aside` at `target`; an older folder is moved away first and comes back if the move fails."""
    if not target.exists():
        aside.rename(target)
        return
    older = Path(tempfile.mkdtemp(prefix=f".{target.name}.older.", dir=target.parent))
    target.rename(older / "folder")
    try:
        aside.rename(target)
    except OSError:
        (older / "folder").rename(target)
        raise
    finally:
        shutil.rmtree(older, ignore_errors=True)


@contextmanager
def file_written_aside(target: Path) -> Iterator[Path]:
    """A path beside `target` to write to; it is flushed and takes the name `target` when the block ends well."""
    target = target.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as fault:
        # Named by what was asked for: nobody knows the name aside.
        raise OSError(fault.errno, fault.strerror, str(target)) from fault
    os.close(handle)
    aside = Path(name)
    try:
        yield aside
        aside.chmod(0o644)
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)


class HashedText:
    """A text that is written on and hashed as UTF-8 at once."""

    def __init__(self, file: TextIO) -> None:
        self._file, self._hash = file, hashlib.sha256()

    def write(self, text: str) -> int:
        """Write a piece of text."""
        self._hash.update(text.encode())
        return self._file.write(text)

    def sha256(self) -> str:
        """The SHA-256 of all that was written."""
        return self._hash.hexdigest()


class ZipWriter:
    """A zip that is being written, whose bytes depend on its members and their order alone."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def add(self, name: str, content: bytes) -> None:
        """Add a whole member."""
        self._archive.writestr(_zip_entry(name), content)

    @contextmanager
    def text(self, name: str) -> Iterator[TextIO]:
        """A member of unknown length to write text into (UTF-8, newlines as they are), which takes no memory."""
        with (
            self._archive.open(_zip_entry(name), "w", force_zip64=True) as file,
            io.TextIOWrapper(file, encoding="utf-8", newline="") as text,
        ):
            yield text


@contextmanager
def zip_written_aside(target: Path) -> Iterator[ZipWriter]:
    """A zip written aside and renamed at the end: `target` is whole or untouched."""
    with (
        file_written_aside(target) as aside,
        zipfile.ZipFile(aside, "w", compression=zipfile.ZIP_DEFLATED) as archive,
    ):
        yield ZipWriter(archive)


def write_zip(target: Path, *, members: Mapping[str, bytes]) -> None:
    """Write `members` (archive path to content) as a zip whose bytes depend on nothing else."""
    with zip_written_aside(target) as archive:
        for name in sorted(members):
            archive.add(name, members[name])


def _zip_entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=_ZIP_EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def read_zip(path: Path, *, error: type[EarshotError]) -> dict[str, bytes]:
    """The files of a zip by archive path.

    Raises
    ------
    error
        If the file is missing or no zip, if a member is damaged, appears twice, or lies outside the archive.
    """
    if not path.is_file():
        raise error(f"{path} is missing; give the path of a zip file")
    with path.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
                _check_zip_names(names, path=path, error=error)
                return {name: archive.read(name) for name in names}
        except _ZIP_FAULTS as fault:
            raise error(f"{path} is damaged or no zip: {fault}; export it again") from fault


def _check_zip_names(names: list[str], *, path: Path, error: type[EarshotError]) -> None:
    for name in names:
        parts = PurePosixPath(name).parts
        if name.startswith("/") or "\\" in name or ".." in parts:
            raise error(f"{path} holds the member '{name}', which lies outside the archive; do not trust this file")
    if len(set(names)) != len(names):
        raise error(f"{path} holds a member twice; export it again")
