"""Where finished batches lie until a bundle is whole, so that an interrupted build goes on where it stopped.

A batch is a folder, written aside and renamed when it is finished: what is there is whole. The store's own name hashes
all that decides its content (recipe, recordings, weights, code, versions), so nothing of another build is ever used.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from earshot.errors import RecipeError
from earshot.files import Strict, canonical_json, folder_written_aside, parse_json, sha256_bytes

RESULT_NAME = "result.json"

Result = TypeVar("Result", bound=Strict)


@dataclass(frozen=True)
class Store:
    """The finished batches of one network of one build; `folder` may not be there yet."""

    folder: Path

    def batch(self, stage: str, number: int) -> Path:
        """The folder of a batch."""
        return self.folder / f"{stage}-{number:05d}"

    def finish(self, stage: str, number: int, *, model: type[Result], make: Callable[[Path], Result]) -> Result:
        """The result of a batch: read if it is finished, else made in a folder of its own and kept.

        Parameters
        ----------
        model : type
            Of the result.
        make : function
            Writes what files it likes into the folder it is given, and gives the result.
        """
        folder = self.batch(stage, number)
        if (folder / RESULT_NAME).is_file():
            return self.read(stage, number, model=model)
        with folder_written_aside(folder) as aside:
            result = make(aside)
            (aside / RESULT_NAME).write_bytes(canonical_json(result.model_dump(mode="json")))
        return result

    def read(self, stage: str, number: int, *, model: type[Result]) -> Result:
        """The result of a finished batch.

        Raises
        ------
        RecipeError
            If it cannot be read.
        """
        path = self.batch(stage, number) / RESULT_NAME
        way_out = f"remove {self.folder} to start the build anew"
        fields = parse_json(path.read_bytes(), place=str(path), error=RecipeError, way_out=way_out)
        return model.model_validate(fields)

    def clear(self) -> None:
        """Remove all that is kept."""
        shutil.rmtree(self.folder, ignore_errors=True)


def store_key(parts: dict[str, Any]) -> str:
    """A name for a store that holds what `parts` decide."""
    return sha256_bytes(canonical_json(parts))[:16]
