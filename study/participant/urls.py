"""The participant's addresses."""

from django.urls import path, re_path

from study.participant import api, beginning, ending, entry, questionnaires, views

urlpatterns = [
    path("", views.front, name="front"),
    path("s/<slug:slug>/", beginning.start, name="participant-start"),
    path("s/<slug:slug>/p/<str:token>", beginning.personal, name="participant-personal"),
    path("s/<slug:slug>/consent", beginning.consent, name="participant-consent"),
    path("s/<slug:slug>/decline", beginning.decline, name="participant-decline"),
    path("s/<slug:slug>/screens", entry.screens, name="participant-screens"),
    path("s/<slug:slug>/sound", entry.sound, name="participant-sound"),
    path("s/<slug:slug>/headphones", entry.headphones, name="participant-headphones"),
    path("s/<slug:slug>/questions/<slug:name>", questionnaires.questionnaire, name="participant-questionnaire"),
    path("s/<slug:slug>/trials", views.trials, name="participant-trials"),
    path("s/<slug:slug>/debrief", ending.debrief, name="participant-debrief"),
    path("s/<slug:slug>/ended", ending.ended, name="participant-ended"),
    path("s/<slug:slug>/withdraw", ending.withdraw, name="participant-withdraw"),
    path("s/<slug:slug>/api/state", api.EnrolmentStateApi.as_view(), name="participant-state"),
    path("s/<slug:slug>/api/window", api.EnrolmentWindowApi.as_view(), name="participant-window"),
    path("s/<slug:slug>/api/sound-check", api.EnrolmentSoundCheckApi.as_view(), name="participant-sound-check"),
    path("s/<slug:slug>/api/headphones", api.EnrolmentHeadphonesApi.as_view(), name="participant-headphone-check"),
    path(
        "s/<slug:slug>/api/trials/<uuid:trial_code>/begin", api.TrialBeginApi.as_view(), name="participant-trial-begin"
    ),
    path(
        "s/<slug:slug>/api/trials/<uuid:trial_code>/first-answer",
        api.FirstAnswerApi.as_view(),
        name="participant-first-answer",
    ),
    path(
        "s/<slug:slug>/api/trials/<uuid:trial_code>/response",
        api.ResponseCreateApi.as_view(),
        name="participant-response",
    ),
    re_path(r"^headphones/(?P<check>antiphase|huggins)/(?P<number>[1-6])\.wav$", views.headphones, name="headphones"),
    re_path(r"^media/(?P<name>[0-9a-f]{64}\.(?:wav|png))$", views.media, name="media"),
]
