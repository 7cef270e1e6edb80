"""The JSON of the research API, and what its description says of each field."""

from rest_framework import serializers

from study.api.answers import EventAnswer, StudyAnswer, VersionAnswer


class VersionSerializer(serializers.Serializer[VersionAnswer]):
    """A frozen version; counts are over all arms."""

    number = serializers.IntegerField(help_text="from 1, pilots included")
    is_pilot = serializers.BooleanField()
    reason = serializers.CharField(help_text="why a version follows another one; empty for the first")
    protocol_sha256 = serializers.CharField(help_text="of the protocol's stored bytes")
    frozen_at = serializers.DateTimeField()
    n_enrolled = serializers.IntegerField(help_text="who consented")
    n_allocated = serializers.IntegerField(help_text="who got a place, over all arms")
    n_completed = serializers.IntegerField(help_text="who answered everything, over all arms")


class StudySerializer(serializers.Serializer[StudyAnswer]):
    """A study with its versions."""

    slug = serializers.CharField()
    title = serializers.CharField()
    stage = serializers.CharField(help_text="draft, pilot, running, paused, closed or simulated")
    bundle = serializers.CharField()
    bundle_sha256 = serializers.CharField()
    has_draft = serializers.BooleanField(help_text="whether a design is edited that was not launched yet")
    created_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    versions = VersionSerializer(many=True)


class EventSerializer(serializers.Serializer[EventAnswer]):
    """An event; of a study that is not closed its kind and time alone."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField(help_text="the server's clock, UTC")
    kind = serializers.CharField()
    version = serializers.IntegerField(allow_null=True)
    enrolment = serializers.CharField(allow_null=True, help_text="a participant's code; null until the study is closed")
    # `data` is a property of every serializer, so that the field is declared under a name of its own.
    details = serializers.DictField(source="data", allow_null=True, help_text="null until the study is closed")
