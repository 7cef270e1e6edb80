"""The door to quantus: imported on first use, after zennit's door, without its warnings.

quantus imports torchvision where it finds zennit, and dies where torchvision's import does: `zennit_import` mends that
first. Its import takes seconds, so that only who measures with it pays for it.
"""

import importlib
import warnings
from functools import cache
from types import ModuleType

from explainer.relevance.zennit_import import define_missing_operators


@cache
def load_quantus() -> ModuleType:
    """The module quantus (hedstrom2023).

    Raises
    ------
    ImportError
        If it is not installed.
    """
    define_missing_operators()
    with warnings.catch_warnings():
        # of its own imports: none of them is ours to mend
        warnings.simplefilter("ignore")
        return importlib.import_module("quantus")
