"""The one settings file; every deviation is an environment variable, and a bad value stops the start."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from csp.constants import NONE, SELF
from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured

from earshot.design.names import LANGUAGE_CODES


def _read_flag(name: str, *, default: bool) -> bool:
    """The environment variable `name` as a truth value."""
    value = os.environ.get(name, "1" if default else "0")
    if value not in {"0", "1"}:
        raise ImproperlyConfigured(f"{name} is '{value}'; expected 0 or 1")
    return value == "1"


def _read_secret_key(folder: Path) -> str:
    """The secret key, made once and readable by its owner alone."""
    path = folder / "secret_key"
    if not path.exists():
        _write_secret_key(path)
    key = path.read_text(encoding="ascii").strip()
    if not key:
        raise ImproperlyConfigured(
            f"{path} is empty; restore it from a backup, or delete it and start again: a new key is made, and "
            "everybody has to log in anew"
        )
    return key


def _write_secret_key(path: Path) -> None:
    """Write a key aside and give it its name once it is whole; of two starts at once the first one's key stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(prefix=".secret_key.", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(aside, path)
    finally:
        os.unlink(aside)


def _read_database(name: str, *, folder: Path) -> dict[str, Any]:
    """The database that the environment variable `name` gives the address of; SQLite in `folder` without it.

    Any is Django's own type of these settings. No message repeats the address: a password may stand anywhere in it.
    """
    address = os.environ.get(name)
    if address is None:
        return _sqlite(folder / "earshot.sqlite3")
    readers = {"sqlite": _read_sqlite, "postgresql": _read_postgresql}
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} has a port that is no number from 0 to 65535, or brackets that do not match; expected "
            f"{_ADDRESSES}, with every special character of user and password percent-encoded"
        ) from None
    if parts.scheme not in readers:
        found = f"'{parts.scheme}:'" if ":" in address else "no scheme"
        raise ImproperlyConfigured(f"{name} begins with {found}; expected {_ADDRESSES}")
    if parts.query or parts.fragment:
        raise ImproperlyConfigured(
            f"{name} has a '?' or '#'; percent-encode it where it belongs to a password, and give the options of a "
            "PostgreSQL connection in libpq's own variables, such as PGSSLMODE"
        )
    return readers[parts.scheme](parts, name=name, port=port)


def _read_sqlite(parts: SplitResult, *, name: str, port: int | None) -> dict[str, Any]:
    """SQLite in the file that the address names: three slashes and a relative path, or four and an absolute one."""
    if parts.netloc or not parts.path.startswith("/") or parts.path == "/":
        raise ImproperlyConfigured(f"{name} names no file; expected {_ADDRESSES}")
    path = Path(unquote(parts.path[1:])).absolute()
    if not path.parent.is_dir():
        raise ImproperlyConfigured(
            f"{name} names the file {path}, whose folder does not exist; make the folder, or write four slashes "
            "before an absolute path"
        )
    return _sqlite(path)


def _sqlite(path: Path) -> dict[str, Any]:
    """SQLite as a server's database: writers wait their turn, and what was acknowledged stays."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "timeout": _LOCK_WAIT_S,
            "transaction_mode": "IMMEDIATE",
            # FULL: an acknowledged response survives a power cut; NORMAL would lose the last ones.
            # secure_delete: deleted answers are overwritten, not only forgotten.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;",
        },
    }


def _read_postgresql(parts: SplitResult, *, name: str, port: int | None) -> dict[str, Any]:
    """PostgreSQL; libpq's defaults hold for whatever the address leaves out, a Unix socket for an absent host."""
    database = unquote(parts.path[1:])
    if not database or "/" in database:
        raise ImproperlyConfigured(f"{name} names no database, or has a '/' too many; expected {_ADDRESSES}")
    session = {
        # What SQLite's settings say, whatever the server's own defaults are.
        "synchronous_commit": "on",
        "default_transaction_isolation": r"read\ committed",
        "lock_timeout": f"{_LOCK_WAIT_S}s",
    }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": port or "",
        # A connection may have died with a server that was started anew.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": _CONNECT_WAIT_S,
            "options": " ".join(f"-c {key}={value}" for key, value in session.items()),
            # granian starts as many threads as requests wait, up to 512 a worker: the pool, not their number, is what
            # the server's connections are counted by.
            "pool": {"min_size": 0, "max_size": _MOST_CONNECTIONS, "timeout": _LOCK_WAIT_S},
        },
    }


_ADDRESSES = "sqlite:///path or postgresql://user:password@host:port/name"
_LOCK_WAIT_S = 30  # 64 writers at once that waited 5 s lost 2 % of their answers, and none at 30 s
_CONNECT_WAIT_S = 10
_MOST_CONNECTIONS = 20  # of one process; PostgreSQL takes 100 unless told otherwise

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("EARSHOT_VAR", BASE_DIR / "var")).absolute()

SECRET_KEY = _read_secret_key(VAR_DIR)
DEBUG = _read_flag("EARSHOT_DEBUG", default=False)
# The report of a simulated study tells the hypothesis and which constant answers do best: nothing for participants.
PUBLIC_REPORTS = _read_flag("EARSHOT_PUBLIC_REPORTS", default=False)
ALLOWED_HOSTS = os.environ.get("EARSHOT_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("EARSHOT_ORIGINS", "").split(",") if origin]

INSTALLED_APPS = [
    "study.apps.StudyConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "study.participant.handlers.BusyMiddleware",
]

ROOT_URLCONF = "study.urls"
WSGI_APPLICATION = "study.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": _read_database("EARSHOT_DATABASE_URL", folder=VAR_DIR)}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en"
# Participants' pages choose among them; no middleware does, so that researchers' pages are English throughout.
LANGUAGES = [(code, str(LANG_INFO[code]["name_local"])) for code in LANGUAGE_CODES]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_ROOT = VAR_DIR / "media"
# Where the admin looks for bundles to load: what `python -m explainer build` was told as --out lies here by default.
EARSHOT_BUNDLES = Path(os.environ.get("EARSHOT_BUNDLES", VAR_DIR / "bundles")).absolute()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "study.storage.StaticStorage"},
}

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "study.participant.handlers.csrf_failed"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Behind TLS the deployment sets EARSHOT_HTTPS=1; the demo on 127.0.0.1 speaks plain HTTP.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _read_flag("EARSHOT_HTTPS", default=False)

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "blob:"],
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "EXCEPTION_HANDLER": "study.participant.errors.answer_error",
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Earshot's research API",
    "DESCRIPTION": "Studies, frozen protocols and events, to be read by a study's staff; nothing is written here.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    # The participant's own endpoints answer a participant's page and nobody else.
    "SCHEMA_PATH_PREFIX": "/api/",
    "PREPROCESSING_HOOKS": ["study.api.schema.of_research"],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": os.environ.get("EARSHOT_LOG_LEVEL", "INFO")},
}

# A page of the design sends some 17 fields for each condition; Django's 1,000 would end at 55 of them.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
