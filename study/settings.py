"""Settings (a first form, so that type checking runs)."""

SECRET_KEY = "x"  # noqa: S105
INSTALLED_APPS: list[str] = []
