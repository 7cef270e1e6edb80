"""The base of the admin's rooms: what was recorded can be looked at, and nothing else."""

import json
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.utils import flatten
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from study.models import OUTCOME_STAGES, Study

if TYPE_CHECKING:
    # Any: one base class serves the admins of several models.
    AnyModelAdmin = admin.ModelAdmin[Any]
else:
    AnyModelAdmin = admin.ModelAdmin


class RecordAdmin(AnyModelAdmin):
    """Lists and shows records; adds, changes and deletes none."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: records come by commands and by participants."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """All of them."""
        return flatten(self.fields or [])

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Only the filters on the page: a lookup typed into the address could ask for what the page hides.

        `value` is whatever stood in the address.
        """
        field = lookup.removesuffix("__exact").removesuffix("__isnull").removesuffix("__id")
        return field in self.list_filter


def shows_outcomes(study: Study) -> bool:
    """Whether answers and confidence of this study may be looked at."""
    return study.stage in OUTCOME_STAGES


def preformatted_json(value: Any) -> SafeString:
    """A JSON value, indented, as a block of text; `value` is anything JSON can say."""
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False))
