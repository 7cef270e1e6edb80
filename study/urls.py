"""All addresses: the front page, the participant's way, the researcher's rooms."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
