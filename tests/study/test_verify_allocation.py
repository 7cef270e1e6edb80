import random
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.utils import timezone

from earshot.errors import StudyError
from earshot.files import read_zip, sha256_bytes
from study.allocation_proof import prove_allocation
from study.models import Bundle, Enrolment, Event, Stimulus, Study, Trial, Version
from study.services.allocations import enrolment_allocate, enrolment_complete, enrolment_release, version_lock
from study.services.events import event_record
from study.services.studies import study_amend_begin, study_create, study_launch
from study.simulation.runs import SimulationPlan, study_simulate
from tests.designs import design_fields

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[2]
LEVELS = ("none", "some", "much")
METHODS: list[dict[str, Any]] = [
    {"method": "simple"},
    {"method": "permuted-blocks"},
    {"method": "stratified-permuted-blocks", "strata": ["expertise-audio"]},
    {"method": "minimisation", "strata": ["expertise-audio", "expertise-music"]},
    {"method": "least-filled"},
]


@transaction.atomic
def allocate(version: Version, *, number: int, draw: random.Random) -> Enrolment:
    """An enrolment with a place, as the last step before allocation gives it."""
    factors = {name: draw.choice(LEVELS) for name in ("expertise-audio", "expertise-music")}
    enrolment = Enrolment.objects.create(
        version=version,
        token_sha256=f"{number:064d}",
        stage="running",
        consented_at=timezone.now(),
        sound_checked_at=timezone.now(),
        factors=factors,
    )
    assert enrolment_allocate(enrolment=enrolment, version=version_lock(version.pk))
    return enrolment


@transaction.atomic
def complete(enrolment: Enrolment) -> None:
    """Everything was answered."""
    enrolment.completed_at, enrolment.completion_code = timezone.now(), f"DONE{enrolment.pk}"
    enrolment.save()
    enrolment_complete(enrolment=enrolment, version=version_lock(enrolment.version_id))


def fill(version: Version, *, n_people: int) -> None:
    """Enrol people one after the other; every fifth gives up the place, every third completes."""
    draw = random.Random(0)  # noqa: S311  # factors of a test
    for number in range(n_people):
        enrolment = allocate(version, number=number, draw=draw)
        if number % 5 == 4:
            with transaction.atomic():
                enrolment_release(enrolment=enrolment, version=version_lock(version.pk), reason="returned")
        elif number % 3 == 2:
            complete(enrolment)


def launched(**changes: Any) -> Version:
    return study_launch(study=study_create(fields=design_fields(expertise=True, **changes)))


def let_records_be_changed() -> None:
    """Take the database's own guard of events away, until the test's transaction is rolled back."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER event_is_final")
            cursor.execute("DROP TRIGGER event_stays")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE study_event DISABLE TRIGGER USER")


@pytest.mark.parametrize("allocation", METHODS, ids=[method["method"] for method in METHODS])
def test_every_method_is_derived_again(
    bundle: Bundle, allocation: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    fill(launched(allocation=allocation), n_people=23)
    call_command("verify_allocation", "digits")
    assert "version 1: all 23 assignments follow from seed and events" in capsys.readouterr().out


def test_each_of_100_tampered_assignments_is_found(bundle: Bundle) -> None:
    version = launched(allocation={"method": "stratified-permuted-blocks", "strata": ["expertise-audio"]})
    fill(version, n_people=30)
    let_records_be_changed()
    draw = random.Random(1)  # noqa: S311  # which one is tampered with
    events = list(Event.objects.filter(kind="allocated"))
    for _ in range(100):
        event = draw.choice(events)
        place = event.data["place"]
        field = draw.choice(["arm", "sequence", "place", "refills"])
        value = {
            "arm": "seen" if event.data["arm"] == "heard" else "heard",
            "sequence": event.data["sequence"] + draw.choice([1, 2]),
            "place": place + draw.choice([1, 2]),
            "refills": None if event.data["refills"] is not None else 0,
        }[field]
        Event.objects.filter(pk=event.pk).update(data={**event.data, field: value})
        if field in ("arm", "sequence"):  # the enrolment's row as well: only the seed tells then
            Enrolment.objects.filter(code=event.enrolment).update(**{field: value})
        difference = prove_allocation(version).difference
        assert difference is not None, (place, field, value)
        assert str(place) in difference
        Event.objects.filter(pk=event.pk).update(data=event.data)
        Enrolment.objects.filter(code=event.enrolment).update(arm=event.data["arm"], sequence=event.data["sequence"])
    assert prove_allocation(version).difference is None


def tampered_event(enrolment: Enrolment, *, draw: random.Random) -> tuple[Event, dict[str, Any]]:
    """A field of what was recorded of the enrolment's allocation, and another value."""
    event = Event.objects.get(kind="allocated", enrolment=enrolment.code)
    data = event.data
    changes = [
        {"arm": "seen" if data["arm"] == "heard" else "heard"},
        {"sequence": data["sequence"] + 1},
        {"place": data["place"] + 1},
        {"refills": None if data["refills"] is not None else 0},
    ]
    return event, {"data": data | draw.choice(changes)}


def tampered_enrolment(enrolment: Enrolment, *, draw: random.Random) -> tuple[Enrolment, dict[str, Any]]:
    """A field of the enrolment's row and another value."""
    changes: list[dict[str, Any]] = [
        {"arm": "seen" if enrolment.arm == "heard" else "heard"},
        {"sequence": (enrolment.sequence or 0) + 1},
        {"place": 1000},
        {"factors": {"expertise-audio": "other"}},
        {"completed_at": None, "completion_code": ""}
        if enrolment.completed_at
        else {"completed_at": timezone.now(), "completion_code": "DONE"},
        {"released_at": None, "release_reason": ""}
        if enrolment.released_at
        else {"released_at": timezone.now(), "release_reason": "idle"},
    ]
    return enrolment, draw.choice(changes)


def tampered_trial(enrolment: Enrolment, *, draw: random.Random) -> tuple[Trial, dict[str, Any]]:
    """A field of one of the enrolment's trials and another value."""
    trial = draw.choice(list(enrolment.trials.all()))
    conditions = set(Trial.objects.exclude(condition="").values_list("condition", flat=True))
    stimuli = Stimulus.objects.exclude(trials__in=enrolment.trials.filter(block=trial.block))
    if trial.kind == "attention":
        labels = ["0", "1", "2"]
        changes: list[dict[str, Any]] = [{"instructed_label": next(x for x in labels if x != trial.instructed_label)}]
    else:
        changes = [
            {"condition": draw.choice(sorted(conditions - {trial.condition}))},
            {"stimulus": draw.choice(list(stimuli))},
            {"is_swapped": not trial.is_swapped},
        ]
    changes += [{"index": 1000}, {"block": "elsewhere"}]
    return trial, draw.choice(changes)


@pytest.mark.parametrize("kind", ["event", "enrolment", "trial"])
def test_each_of_100_things_tampered_with_is_found(bundle: Bundle, kind: str) -> None:
    version = launched(allocation={"method": "stratified-permuted-blocks", "strata": ["expertise-audio"]})
    fill(version, n_people=12)
    let_records_be_changed()
    assert prove_allocation(version).difference is None
    draw = random.Random(kind)  # noqa: S311  # which one is tampered with
    tamper: dict[str, Callable[..., tuple[Event | Enrolment | Trial, dict[str, Any]]]] = {
        "event": tampered_event,
        "enrolment": tampered_enrolment,
        "trial": tampered_trial,
    }
    for _ in range(100):
        row, change = tamper[kind](draw.choice(list(version.enrolments.all())), draw=draw)
        with transaction.atomic():
            type(row)._base_manager.filter(pk=row.pk).update(**change)
            assert prove_allocation(version).difference is not None, (row, change)
            transaction.set_rollback(True)
    assert prove_allocation(version).difference is None


def test_the_place_and_number_of_a_trial_tampered_with_are_named_and_no_condition(filled: Version) -> None:
    trial = Trial.objects.get(enrolment__version=filled, enrolment__place=3, index=4)
    Trial.objects.filter(pk=trial.pk).update(condition="another")
    assert differ(filled) == "trial 4 of the enrolment at place 3 has another condition than follows from the seed"


def test_a_lost_trial_is_found(filled: Version) -> None:
    Trial.objects.filter(enrolment__version=filled, enrolment__place=3, index=5).delete()
    assert differ(filled) == "the enrolment at place 3 has not the 6 trials, numbered from 0, that follow from the seed"


def test_trials_of_somebody_without_a_place_are_found(filled: Version) -> None:
    nobody = Enrolment.objects.create(
        version=filled, token_sha256="f" * 64, stage="running", consented_at=timezone.now()
    )
    taken = Trial.objects.filter(enrolment__version=filled, enrolment__place=3, index=5)
    copy = taken.get()
    copy.pk, copy.code, copy.enrolment, copy.index = None, uuid.uuid4(), nobody, 0
    copy.save()
    assert (
        differ(filled) == "the enrolment at no place has not the 0 trials, numbered from 0, that follow from the seed"
    )


def test_a_miscounted_version_is_found(filled: Version) -> None:
    Version.objects.filter(pk=filled.pk).update(n_allocated=11)
    assert differ(filled) == "the version counts 11 allocations; there are events of 10"


@pytest.mark.parametrize(
    ("field", "value"), [("true_label", "9"), ("predicted_label", "9"), ("role", "attention"), ("network", "other")]
)
def test_an_edited_stimulus_is_found(filled: Version, field: str, value: str) -> None:
    name = Stimulus.objects.order_by("name")[0].name
    Stimulus.objects.filter(name=name).update(**{field: value})
    found = differ(filled)
    assert f"stimulus '{name}' has the {field} '{value}'; the manifest has '" in found


def test_stimuli_that_an_older_earshot_kept_without_their_network_are_no_difference(filled: Version) -> None:
    Stimulus.objects.update(network="")
    assert prove_allocation(filled).difference is None


def test_renamed_and_added_stimuli_are_found(filled: Version) -> None:
    Stimulus.objects.filter(pk=Stimulus.objects.order_by("name")[0].pk).update(name="0")
    assert differ(filled) == "stimulus '0' is not in the manifest"
    Stimulus.objects.filter(name="0").update(name="zzz")
    assert "is not among the rows" in differ(filled)


def test_edited_labels_and_an_edited_manifest_are_found(filled: Version) -> None:
    Bundle.objects.update(labels=["2", "1", "0"])
    filled = Version.objects.get()
    assert differ(filled) == "the bundle has the labels 2, 1, 0; its manifest 0, 1, 2"
    Bundle.objects.update(manifest=b"{}")
    assert differ(Version.objects.get()).startswith("the bundle's manifest has the hash 44136fa355b3; the frozen")


def test_trials_follow_from_the_manifest_whatever_a_row_says(bundle: Bundle) -> None:
    version = launched()
    labels = dict(bundle.stimuli.values_list("name", "predicted_label"))
    bundle.stimuli.update(predicted_label="0")
    allocate(version, number=0, draw=random.Random(0))  # noqa: S311  # factors of a test
    for name, label in labels.items():
        bundle.stimuli.filter(name=name).update(predicted_label=label)
    assert prove_allocation(version).difference is None


def differ(version: Version) -> str:
    """The first difference as the command says it, with exit code 1."""
    with pytest.raises(CommandError, match="1 of 1 versions of study 'digits' differ") as fault:
        call_command("verify_allocation", "digits")
    assert fault.value.returncode == 1
    difference = prove_allocation(version).difference
    assert difference is not None
    return difference


@pytest.fixture
def filled(bundle: Bundle) -> Version:
    version = launched()
    fill(version, n_people=10)
    return version


def test_an_enrolment_moved_to_another_arm_is_found(filled: Version) -> None:
    enrolment = filled.enrolments.get(place=3)
    Enrolment.objects.filter(pk=enrolment.pk).update(arm="seen" if enrolment.arm == "heard" else "heard")
    assert "the enrolment at place 3 has place, arm and sequence" in differ(filled)


def test_changed_factors_are_found(filled: Version) -> None:
    filled.enrolments.filter(place=3).update(factors={"expertise-audio": "other"})
    assert "the enrolment at place 3 has the factors" in differ(filled)


def test_an_enrolment_without_an_event_is_found(filled: Version) -> None:
    Enrolment.objects.create(
        version=filled,
        token_sha256="f" * 64,
        stage="running",
        consented_at=timezone.now(),
        arm="seen",
        place=10,
        sequence=5,
        allocated_at=timezone.now(),
    )
    assert differ(filled) == "the enrolment at place 10 has no event of its allocation"


def test_an_event_without_an_enrolment_is_found(filled: Version) -> None:
    let_records_be_changed()
    Event.objects.filter(enrolment=filled.enrolments.get(place=9).code).update(enrolment="NOBODY")
    assert "is about an enrolment that is not there" in differ(filled)


def test_a_lost_event_is_found(filled: Version) -> None:
    let_records_be_changed()
    Event.objects.filter(kind="allocated", data__place=4)._raw_delete("default")
    assert "place" in differ(filled)


def test_a_release_without_an_event_is_found(filled: Version) -> None:
    filled.enrolments.filter(place=0).update(released_at=timezone.now(), release_reason="idle")
    assert differ(filled) == "the enrolment at place 0 is released, and no event says so"


def test_a_completion_that_only_an_event_says_is_found(filled: Version) -> None:
    event_record(
        "completed",
        study=filled.study,
        version=filled,
        enrolment=filled.enrolments.get(place=0),
        data={"place": 0, "is_released": False},
    )
    assert differ(filled) == "the enrolment at place 0 is not completed, and an event says so"


def test_an_event_that_cannot_be_read_is_found(filled: Version) -> None:
    let_records_be_changed()
    Event.objects.filter(kind="allocated", data__place=4).update(data={"place": 4})
    assert "(allocated) lacks 'arm'" in differ(filled)


def test_a_simulation_is_proved_like_a_study(bundle: Bundle) -> None:
    draft = study_create(fields=design_fields())
    version = study_simulate(study=draft, plan=SimulationPlan(3, 0.0, "model", 3)).versions.get()
    proof = prove_allocation(version)
    assert (proof.n_allocated, proof.difference) == (6, None)


def test_every_version_is_proved(bundle: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    first = launched()
    fill(first, n_people=4)
    study_amend_begin(study=first.study)
    second = study_launch(study=first.study, reason="another try")
    allocate(second, number=100, draw=random.Random(2))  # noqa: S311  # factors of a test
    call_command("verify_allocation", "digits")
    said = capsys.readouterr().out
    assert "version 1: all 4 assignments" in said
    assert "version 2: all 1 assignments" in said


def test_nothing_that_tells_allocation_is_said_where_all_is_well(
    filled: Version, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify_allocation", "digits")
    said = capsys.readouterr().out
    assert not any(word in said for word in ("seen", "heard", bytes(filled.allocation_seed).hex()))


def test_a_draft_has_no_allocation(draft: Study, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_allocation", "digits")
    assert "was never launched; there is no allocation" in capsys.readouterr().out


def test_a_version_of_an_older_earshot_has_no_record(draft: Study, capsys: pytest.CaptureFixture[str]) -> None:
    content = read_zip(ROOT / "fixtures/part1/export.zip", error=StudyError)["materials/protocol.json"]
    Version.objects.create(
        study=draft, number=1, protocol=content, protocol_sha256=sha256_bytes(content), allocation_seed=b"s" * 32
    )
    call_command("verify_allocation", "digits")
    assert "version 1: frozen by an older Earshot, which kept no record" in capsys.readouterr().out
