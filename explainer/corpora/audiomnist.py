"""AudioMNIST: its speakers' metadata with their quirks, and the speaker folds of its authors (becker2024)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from earshot.errors import RecipeError
from earshot.files import parse_json
from explainer.corpora.clips import Clip

METADATA_PATH: Final = "data/audioMNIST_meta.txt"
UNKNOWN_AGE: Final = 1234  # the recorder's default
SEX_LABELS: Final = ("male", "female")  # becker2024: male is output 0, female output 1

# The lists of the published code (becker2024). Split `i` tests fold `i`, validates fold `i - 1` and trains the others.
DIGIT_FOLDS: Final = (
    ("05", "13", "18", "22", "26", "32", "33", "42", "45", "51", "52", "60"),
    ("01", "06", "07", "16", "19", "23", "28", "34", "35", "46", "53", "56"),
    ("02", "08", "09", "17", "24", "29", "36", "37", "39", "48", "54", "57"),
    ("03", "10", "14", "20", "25", "30", "38", "40", "43", "49", "55", "58"),
    ("04", "11", "12", "15", "21", "27", "31", "41", "44", "47", "50", "59"),
)
# Half of each fold is female: there are 12 women, so 36 of the 48 men take no part.
SEX_FOLDS: Final = (
    ("07", "23", "38", "58", "59", "60"),
    ("02", "36", "44", "47", "50", "56"),
    ("12", "25", "26", "37", "45", "57"),
    ("28", "41", "43", "48", "52", "53"),
)
OFFICIAL_FOLDS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {"digit": DIGIT_FOLDS, "sex": SEX_FOLDS}


def add_metadata(clips: Sequence[Clip], *, folder: Path) -> list[Clip]:
    """The clips with their speakers' metadata as attributes.

    `gender` becomes `sex`; an age may be a number or text, and 1234 is no age: it is left out as unknown. The other
    entries keep AudioMNIST's names and spelling, which is not consistent ("german", "German").

    Raises
    ------
    RecipeError
        If the file of the metadata is missing or broken, or lacks the speaker of a clip.
    """
    metadata = _read_metadata(folder / METADATA_PATH)
    for clip in clips:
        if clip.speaker not in metadata:
            raise RecipeError(
                f"speaker '{clip.speaker}' has recordings but is missing in {METADATA_PATH}; add the speaker there "
                "(older versions of AudioMNIST lack 17, 22 and 34)"
            )
    return [replace(clip, attributes={**metadata[clip.speaker], **clip.attributes}) for clip in clips]


def _read_metadata(path: Path) -> dict[str, dict[str, str]]:
    """What is known of each speaker."""
    if not path.is_file():
        raise RecipeError(f"{path} is missing; AudioMNIST's layout has this file with every speaker's metadata")
    speakers = parse_json(path.read_bytes(), place=str(path), error=RecipeError, way_out="copy it again")
    if not isinstance(speakers, dict):
        raise RecipeError(f"{path} is a JSON {type(speakers).__name__}; expected an object with one entry per speaker")
    return {name: _read_speaker(entry, place=f"{path}: speaker '{name}'") for name, entry in speakers.items()}


def _read_speaker(entry: object, *, place: str) -> dict[str, str]:
    if not isinstance(entry, dict):
        raise RecipeError(f"{place} is {entry!r}; expected an object")
    about = {}
    for name, value in entry.items():
        if not isinstance(value, str | int | float):
            raise RecipeError(f"{place}: {name} is {value!r}; expected text or a number")
        about[str(name)] = str(value).strip()
    sex, age = about.pop("gender", ""), about.pop("age", "")
    if sex not in (*SEX_LABELS, ""):
        raise RecipeError(f"{place}: gender is {sex!r}; expected 'female' or 'male'")
    if age and not (age.isascii() and age.isdigit()):
        raise RecipeError(f"{place}: age is {age!r}; expected whole years, or 1234 for unknown")
    about |= {"sex": sex, "age": "" if age == str(UNKNOWN_AGE) else age}
    return {name: value for name, value in about.items() if value}
