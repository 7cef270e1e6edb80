"""What the OpenAPI description covers."""

from typing import Any

from django.urls import reverse


def of_research(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """The endpoints below the research API alone (path, pattern, method, view; Any is drf-spectacular's own)."""
    root = reverse("api-studies")
    return [endpoint for endpoint in endpoints if endpoint[0].startswith(root)]
