"""`python -m explainer manipulate`: the tests of becker2024 on a recipe's networks, as a page, tables and figures."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from earshot.errors import BundleError
from earshot.files import folder_written_aside
from explainer.bundling import hear_task
from explainer.manipulation.figures import draw_scaling, draw_zeroing
from explainer.manipulation.measuring import check_seeds, measure_manipulation
from explainer.manipulation.page import render_page
from explainer.manipulation.results import Manipulation
from explainer.manipulation.sentences import find_scaling, find_zeroing
from explainer.manipulation.tables import scaling_table, zeroing_table
from explainer.sources import Places, Sources
from explainer.trained import trained_networks

PAGE_NAME: Final = "index.html"
_Write = Callable[[Manipulation], bytes]
_ZEROING: Final[dict[str, _Write]] = {
    "zeroing.csv": zeroing_table,
    "zeroing.svg": lambda found: draw_zeroing(found, parts=found.parts, kind="svg"),
    "zeroing.png": lambda found: draw_zeroing(found, parts=found.parts, kind="png"),
}
_SCALING: Final[dict[str, _Write]] = {
    "scaling.csv": scaling_table,
    "scaling.svg": lambda found: draw_scaling(found, parts=found.parts, kind="svg"),
    "scaling.png": lambda found: draw_scaling(found, parts=found.parts, kind="png"),
}


def manipulate_recipe(sources: Sources, *, places: Places, out: Path) -> Manipulation:
    """What the recipe's networks answer to changed clips, once page, tables and figures are in the folder `out`.

    Networks that are missing are trained. An older manipulation in `out` is replaced.

    Raises
    ------
    RecipeError
        If the recipe has fewer than three seeds, or it or the recordings do not allow it otherwise.
    BundleError
        If `out` holds something else than a manipulation.
    """
    _check_out(out)
    check_seeds(sources.recipe.network)
    task = hear_task(sources, recipe_folder=places.recipe.parent)
    found = measure_manipulation(task, trained=trained_networks(task, networks=places.networks))
    with folder_written_aside(out) as aside:
        for name, write in (_ZEROING | (_SCALING if found.scaling else {})).items():
            (aside / name).write_bytes(write(found))
        (aside / PAGE_NAME).write_text(render_page(found), encoding="utf-8")
    for finding in (*find_scaling(found), *find_zeroing(found)):
        print(finding.sentence)
    print(f"{out / PAGE_NAME} has the figures and tables")
    return found


def _check_out(out: Path) -> None:
    """Raise BundleError unless `out` is absent, empty, or holds nothing but a manipulation: it will be replaced."""
    if out.exists() and not out.is_dir():
        raise BundleError(f"{out} is a file; name a folder with --out")
    foreign = sorted({path.name for path in out.iterdir()} - {PAGE_NAME, *_ZEROING, *_SCALING}) if out.is_dir() else []
    if foreign:
        raise BundleError(
            f"{out} holds what is no part of a manipulation ({', '.join(foreign)}), and would be replaced; move it "
            "away or name another folder with --out"
        )
