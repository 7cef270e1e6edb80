"""Where Django's admin looks for the researcher's rooms."""

from django.contrib import admin

from study.researcher import bundle_admin, enrolment_admin, study_admin

__all__ = ["bundle_admin", "enrolment_admin", "study_admin"]

admin.site.site_header = "Earshot"
admin.site.site_title = "Earshot"
admin.site.index_title = "Studies of explanations, heard and seen"
# The front page lists the studies; the admin's "view site" link leads there.
admin.site.site_url = "/"
