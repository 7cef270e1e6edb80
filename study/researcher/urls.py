"""The researcher's addresses: the preview before the admin, whose own catch-all would swallow it."""

from django.contrib import admin
from django.urls import include, path

from study.researcher import invitations, preview, reports

urlpatterns = [
    path("admin/preview/<slug:slug>/<slug:arm>/", preview.preview_page, name="study-preview"),
    path("admin/preview/<slug:slug>/<slug:arm>/<int:start>/", preview.preview_page, name="study-preview-trial"),
    path(
        "admin/preview/<slug:slug>/<slug:arm>/<int:start>/api/state", preview.preview_state, name="study-preview-state"
    ),
    path(
        "admin/preview/<slug:slug>/<slug:arm>/<int:start>/api/window",
        preview.preview_window,
        name="study-preview-window",
    ),
    path(
        "admin/preview/<slug:slug>/<slug:arm>/<int:start>/api/trials/<uuid:code>/begin",
        preview.preview_begin,
        name="study-preview-begin",
    ),
    path(
        "admin/preview/<slug:slug>/<slug:arm>/<int:start>/api/trials/<uuid:code>/first-answer",
        preview.preview_first_answer,
        name="study-preview-first-answer",
    ),
    path(
        "admin/preview/<slug:slug>/<slug:arm>/<int:start>/api/trials/<uuid:code>/response",
        preview.preview_response,
        name="study-preview-response",
    ),
    path("admin/studies/<slug:slug>/links/", invitations.study_invitations, name="study-invitations"),
    path("reports/<slug:slug>/", reports.report_page, name="study-report"),
    path("", include("study.researcher.designing.urls")),
    path("admin/", admin.site.urls),
]
