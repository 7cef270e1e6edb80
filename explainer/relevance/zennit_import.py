"""The door to zennit: `import zennit` works whichever torchvision stands beside torch.

zennit imports torchvision at its top, for canonizers of image networks that Earshot never uses. Beside a CPU build of
torch the package registry's torchvision is built for CUDA: its compiled operators cannot be loaded, and its import ends
in `operator torchvision::nms does not exist`, because it registers shape functions for two operators that nobody
defined. Defining their two schemas is enough. It happens only where the plain import fails, so a working torchvision
is left alone. (`pip check` finds nothing wrong in either case.)

Modules that use zennit import it from here: `from explainer.relevance.zennit_import import zennit`.
"""

import importlib
import sys
from types import ModuleType
from typing import Final

import torch

_OPERATOR_SCHEMAS: Final = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)

# A library's definitions live as long as the library object: this list keeps it.
_libraries: list[torch.library.Library] = []


def define_missing_operators() -> bool:
    """Make `import torchvision` work; gives back whether its operators had to be defined here.

    Raises
    ------
    ImportError
        If torchvision is not installed, or fails for another reason than its missing operators.
    """
    try:
        importlib.import_module("torchvision")
    except RuntimeError as fault:
        if "torchvision::" not in str(fault):
            raise ImportError(f"torchvision cannot be imported: {fault}; install the build that fits torch") from fault
        _forget_modules("torchvision")
        library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]  # untyped in torch
        for schema in _OPERATOR_SCHEMAS:
            library.define(schema)  # type: ignore[no-untyped-call]  # untyped in torch
        _libraries.append(library)
        importlib.import_module("torchvision")
        return True
    return False


def _forget_modules(package: str) -> None:
    """Drop what a failed import left behind, so that the next one starts afresh."""
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        del sys.modules[name]


def _import_zennit() -> ModuleType:
    define_missing_operators()
    for part in ("attribution", "composites", "rules"):
        importlib.import_module(f"zennit.{part}")
    return importlib.import_module("zennit")


zennit: Final = _import_zennit()
