"""What every test shares.

The database of the settings: SQLite in a file, as in production, so that threads and processes can meet in it, or the
server that `tests/postgres.py` started; and one small bundle of the tiny recipe, trained and built once per run.
"""

from pathlib import Path

import pytest
from hypothesis import settings

# No example is held to a time: machines differ.
settings.register_profile("earshot", deadline=None)
settings.load_profile("earshot")

TINY_RECIPE = Path(__file__).parents[1] / "fixtures/recipes/tiny.toml"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    tmp_path_factory: pytest.TempPathFactory, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    from django.db import connections

    default = connections["default"]
    if default.vendor == "sqlite":
        default.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(scope="session")
def tiny_networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the networks trained in this run; filled by `tiny_bundle`."""
    return tmp_path_factory.mktemp("networks")


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory, tiny_networks: Path) -> Path:
    """A whole bundle of the tiny recipe. Read it only: copy it before changing a byte."""
    from explainer.build import build_bundle
    from explainer.sources import Places

    folder = tmp_path_factory.mktemp("bundles") / "tiny"
    work = tmp_path_factory.mktemp("work")
    build_bundle(Places(recipe=TINY_RECIPE, networks=tiny_networks, work=work), out=folder)
    return folder
