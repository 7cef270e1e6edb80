"""The addresses of the pages on which studies are designed, checked and launched."""

from django.urls import path

from study.researcher.designing import allocation_page, check, new_study, versions, views

urlpatterns = [
    path("admin/bundles/load/", new_study.bundles_load, name="bundles-load"),
    path("admin/studies/new/", new_study.new_study, name="new-study"),
    path("admin/studies/import/", new_study.study_import, name="study-import"),
    path("admin/studies/<slug:slug>/design/<slug:page>/", views.design_page, name="design-page"),
    path("admin/studies/<slug:slug>/design/<slug:page>/faults/", views.design_faults, name="design-faults"),
    path("admin/studies/<slug:slug>/factorial/", views.design_factorial, name="design-factorial"),
    path("admin/studies/<slug:slug>/file/", views.design_toml, name="design-toml"),
    path("admin/studies/<slug:slug>/check/", check.study_check, name="study-check"),
    path("admin/studies/<slug:slug>/act/<slug:deed>/", check.study_act, name="study-act"),
    path("admin/studies/<slug:slug>/allocation/", allocation_page.study_allocation, name="study-allocation"),
    path("admin/studies/<slug:slug>/versions/", versions.study_versions, name="study-versions"),
]
