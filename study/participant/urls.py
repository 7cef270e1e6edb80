"""The participant's addresses."""

from django.urls import path, re_path

from study.participant import api, views

urlpatterns = [
    path("", views.front, name="front"),
    path("s/<slug:slug>/", views.start, name="participant-start"),
    path("s/<slug:slug>/consent", views.consent, name="participant-consent"),
    path("s/<slug:slug>/sound", views.sound, name="participant-sound"),
    path("s/<slug:slug>/trials", views.trials, name="participant-trials"),
    path("s/<slug:slug>/debrief", views.debrief, name="participant-debrief"),
    path("s/<slug:slug>/api/state", api.EnrolmentStateApi.as_view(), name="participant-state"),
    path("s/<slug:slug>/api/sound-check", api.EnrolmentSoundCheckApi.as_view(), name="participant-sound-check"),
    path(
        "s/<slug:slug>/api/trials/<uuid:trial_code>/begin", api.TrialBeginApi.as_view(), name="participant-trial-begin"
    ),
    path(
        "s/<slug:slug>/api/trials/<uuid:trial_code>/response",
        api.ResponseCreateApi.as_view(),
        name="participant-response",
    ),
    re_path(r"^media/(?P<name>[0-9a-f]{64}\.(?:wav|png))$", views.media, name="media"),
]
