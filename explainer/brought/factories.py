"""The code that makes a network which was brought: where it lies, its hash, and running it."""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from earshot.errors import RecipeError
from earshot.files import sha256_file


@dataclass(frozen=True)
class FactoryName:
    """`module:function`, and the folder beside which the module may lie."""

    module: str
    function: str
    folder: Path

    @property
    def name(self) -> str:
        """As the recipe has it."""
        return f"{self.module}:{self.function}"


def factory_name(name: str, *, recipe_folder: Path) -> FactoryName:
    """The parts of a recipe's `network.factory`, which its format has checked."""
    module, _, function = name.partition(":")
    return FactoryName(module, function, folder=recipe_folder.resolve())


def factory_sha256(factory: FactoryName) -> str:
    """Hash of the source file that holds the factory; nothing of a module without dots is run.

    Raises
    ------
    RecipeError
        If there is no such file.
    """
    with _importable(factory.folder):
        try:
            specification = importlib.util.find_spec(factory.module)
        except Exception as fault:  # a package's own code may raise anything
            raise _not_imported(factory, fault=fault) from fault
    if specification is None or specification.origin is None or not Path(specification.origin).is_file():
        raise RecipeError(
            f"network.factory is '{factory.name}', but no file of the module '{factory.module}' is found; put it "
            f"beside the recipe, in {factory.folder}, or install it"
        )
    return sha256_file(Path(specification.origin))


def call_factory(factory: FactoryName) -> object:
    """What the factory gives.

    The recipe's folder can be imported from while the module is imported and the factory runs, and not afterwards;
    modules from there are forgotten, so that another recipe's may have the same names.

    Raises
    ------
    RecipeError
        If it cannot be imported, is not there, cannot be called, or fails.
    """
    with _importable(factory.folder):
        try:
            module = importlib.import_module(factory.module)
        except Exception as fault:  # whatever a stranger's module raises
            raise _not_imported(factory, fault=fault) from fault
        function = getattr(module, factory.function, None)
        if not callable(function):
            raise RecipeError(
                f"network.factory is '{factory.name}', but {module.__file__} has no function '{factory.function}'; "
                "name one that takes nothing and gives the network"
            )
        return _call(function, factory=factory)


def _call(function: Callable[[], object], *, factory: FactoryName) -> object:
    try:
        return function()
    except Exception as fault:  # whatever a stranger's function raises
        raise RecipeError(
            f"network.factory '{factory.name}' fails ({type(fault).__name__}: {fault}); it must take nothing and give "
            "the network"
        ) from fault


def _not_imported(factory: FactoryName, *, fault: Exception) -> RecipeError:
    return RecipeError(
        f"network.factory is '{factory.name}', but '{factory.module}' cannot be imported "
        f"({type(fault).__name__}: {fault}); put it beside the recipe, in {factory.folder}, or install it"
    )


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """A block in which modules of `folder` come first; what it imported from there is forgotten afterwards."""
    before, path = set(sys.modules), list(sys.path)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file is not None and Path(file).resolve().is_relative_to(folder):
                del sys.modules[name]
