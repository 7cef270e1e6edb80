"""The researcher's addresses: the preview before the admin, whose own catch-all would swallow it."""

from django.contrib import admin
from django.urls import path

from study.researcher import preview, reports

urlpatterns = [
    path("admin/preview/<slug:slug>/<slug:arm>/", preview.preview_page, name="study-preview"),
    path("admin/preview/<slug:slug>/<slug:arm>/api/state", preview.preview_state, name="study-preview-state"),
    path(
        "admin/preview/<slug:slug>/<slug:arm>/api/trials/<uuid:code>/begin",
        preview.preview_begin,
        name="study-preview-begin",
    ),
    path(
        "admin/preview/<slug:slug>/<slug:arm>/api/trials/<uuid:code>/response",
        preview.preview_response,
        name="study-preview-response",
    ),
    path("reports/<slug:slug>/", reports.report_page, name="study-report"),
    path("admin/", admin.site.urls),
]
