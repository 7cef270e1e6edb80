"""The server that the suite's second run has to itself."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.postgres import private_server

ROOT = Path(__file__).parents[1]


def test_a_private_server_takes_connections_and_is_gone_afterwards() -> None:
    with private_server() as address:
        with psycopg.connect(address) as connection:
            folder = Path(str(connection.execute("SHOW data_directory").fetchone()[0])).parent  # type: ignore[index]  # SHOW has one row
        assert folder.is_dir()
    assert not folder.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(address)


def test_a_command_gets_the_address_and_its_exit_code_is_handed_on() -> None:
    script = "import os, sys; sys.exit(os.environ['EARSHOT_DATABASE_URL'].startswith('postgresql://') and 7)"
    command = [sys.executable, "-m", "tests.postgres", sys.executable, "-c", script]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 7
