"""The addresses of the research API."""

from django.urls import path

from study.api import views

urlpatterns = [
    path("schema/", views.SchemaReadApi.as_view(), name="api-schema"),
    path("studies/", views.StudyListApi.as_view(), name="api-studies"),
    path("studies/<slug:slug>/", views.StudyReadApi.as_view(), name="api-study"),
    path(
        "studies/<slug:slug>/versions/<int:number>/protocol",
        views.ProtocolReadApi.as_view(),
        name="api-protocol",
    ),
    path("studies/<slug:slug>/events/", views.EventListApi.as_view(), name="api-events"),
]
