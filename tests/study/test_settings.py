"""The settings, read by fresh interpreters."""

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


FLAGS = "from django.conf import settings as s; print(s.DEBUG, s.SECRET_KEY, s.CSRF_COOKIE_SECURE, s.ALLOWED_HOSTS)"
DATABASE = "import json; from django.conf import settings as s; print(json.dumps(s.DATABASES['default'], default=str))"


def start(var: Path, script: str = FLAGS, **environment: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter that runs `script`; the default prints DEBUG, the secret key, secure cookies, hosts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EARSHOT_")}
    return subprocess.run(
        [sys.executable, "-c", script],
        env=kept | {"EARSHOT_VAR": str(var), "DJANGO_SETTINGS_MODULE": "study.settings"} | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_debug_is_off_and_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first, second = start(tmp_path / "var"), start(tmp_path / "var")
    assert first.stdout == second.stdout
    debug, key, *rest = first.stdout.split()
    assert debug == "False"
    assert rest == ["False", "['127.0.0.1',", "'localhost',", "'[::1]']"]
    path = tmp_path / "var" / "secret_key"
    assert path.read_text() == key
    assert len(key) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_https_makes_cookies_secure(tmp_path: Path) -> None:
    assert start(tmp_path, EARSHOT_HTTPS="1").stdout.split()[2] == "True"


def test_bad_flag_stops_the_start(tmp_path: Path) -> None:
    stopped = start(tmp_path, EARSHOT_DEBUG="yes")
    assert stopped.returncode != 0
    assert "EARSHOT_DEBUG is 'yes'; expected 0 or 1" in stopped.stderr


def test_an_empty_key_stops_the_start_and_tells_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "secret_key").touch()
    stopped = start(tmp_path)
    assert stopped.returncode != 0
    assert f"{tmp_path / 'secret_key'} is empty; restore it from a backup, or delete it" in stopped.stderr


def test_starts_at_once_agree_on_one_key_and_leave_nothing_beside_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        keys = {done.stdout for done in pool.map(start, [tmp_path] * 3)}
    assert len(keys) == 1
    assert [path.name for path in tmp_path.glob("*secret_key*")] == ["secret_key"]
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def database(var: Path, address: str | None = None) -> dict[str, Any]:
    """The database's settings as the start read them."""
    done = start(var, DATABASE, **({} if address is None else {"EARSHOT_DATABASE_URL": address}))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_without_an_address_the_database_is_a_file_in_the_var_folder(tmp_path: Path) -> None:
    found = database(tmp_path)
    assert (found["ENGINE"], found["NAME"]) == ("django.db.backends.sqlite3", f"{tmp_path}/earshot.sqlite3")


def test_sqlite_is_read_from_an_absolute_path_and_waits_and_flushes_as_the_default_does(tmp_path: Path) -> None:
    found = database(tmp_path, f"sqlite:///{tmp_path}/my%20study.sqlite3")
    assert found["NAME"] == f"{tmp_path}/my study.sqlite3"
    assert found["OPTIONS"] == database(tmp_path)["OPTIONS"]


def test_sqlite_is_read_from_a_path_relative_to_where_the_command_runs(tmp_path: Path) -> None:
    assert database(tmp_path, "sqlite:///docs/x.sqlite3")["NAME"] == f"{ROOT}/docs/x.sqlite3"


def test_postgresql_is_read_with_its_special_characters(tmp_path: Path) -> None:
    found = database(tmp_path, "postgresql://ann%40lab:p%2Fw%3A@db.example.org:5433/my%20study")
    assert found["ENGINE"] == "django.db.backends.postgresql"
    assert [found[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        "ann@lab",
        "p/w:",
        "db.example.org",
        5433,
        "my study",
    ]


def test_postgresql_on_a_socket_needs_no_host(tmp_path: Path) -> None:
    found = database(tmp_path, "postgresql:///earshot")
    assert [found[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == ["", "", "", "", "earshot"]


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("", "begins with no scheme"),
        ("/srv/earshot.sqlite3", "begins with no scheme"),
        ("mysql://ann:geheim@localhost/earshot", "begins with 'mysql:'"),
        ("postgresql://ann:geheim@localhost", "names no database"),
        ("postgresql://ann:geheim@localhost/a/b", "has a '/' too many"),
        ("postgresql://ann:geheim@localhost:many/earshot", "has a port that is no number"),
        ("postgresql://ann:ge/heim@localhost/earshot", "has a port that is no number"),
        ("postgresql://ann:geheim@[localhost/earshot", "brackets that do not match"),
        ("postgresql://ann:geheim@localhost/earshot?sslmode=require", "PGSSLMODE"),
        ("sqlite://", "names no file"),
        ("sqlite:///", "names no file"),
        ("sqlite://host/x.sqlite3", "names no file"),
        ("sqlite:x.sqlite3", "names no file"),
        ("sqlite:///nowhere/x.sqlite3", "whose folder does not exist"),
    ],
)
def test_a_bad_address_stops_the_start_without_its_password(tmp_path: Path, address: str, fault: str) -> None:
    stopped = start(tmp_path, DATABASE, EARSHOT_DATABASE_URL=address)
    assert stopped.returncode != 0
    sentence = stopped.stderr.splitlines()[-1]
    assert sentence.startswith("django.core.exceptions.ImproperlyConfigured: EARSHOT_DATABASE_URL ")
    assert fault in sentence
    assert "heim" not in stopped.stderr
