"""Simulated studies of designs of every kind: whatever a design asks is answered as people would have to."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from earshot.allocation.verify import find_first_difference
from earshot.derivation import arm_shares
from earshot.design.questionnaire_answers import check_answers
from earshot.tasks.kinds import TASKS
from study.models import Bundle, Enrolment, Event, QuestionnaireResponse, Response, Version
from study.presets import PRESETS, preset_fields
from study.selectors import enrolment_next_step, study_protocol
from study.services.allocations import read_entry
from study.services.bundles import bundle_load
from study.services.events import ALLOCATION_KINDS
from study.services.studies import study_create
from study.simulation.behaviour import ATTENTION_PASSED_SHARE
from study.simulation.runs import ListenersName, SimulationPlan, study_simulate
from study.task_forms import ATTENTION_FIELD, asked_about
from tests.designs import condition_fields, design_fields
from tests.study.rich_bundle import write_rich_bundle

PLAN = SimulationPlan(n_per_arm=4, effect_log_odds=1.0, listeners="model", seed=7)
STRATUM = {
    "name": "about",
    "title": {"en": "About you"},
    "when": "before",
    "items": [
        {
            "kind": "single",
            "name": "hand",
            "text": {"en": "Which hand do you write with?"},
            "options": [{"value": value, "text": {"en": value}} for value in ("left", "right")],
        }
    ],
}

STATEMENT = {
    "name": "clear",
    "text": {"en": "It was clear."},
    "least_text": {"en": "not at all"},
    "most_text": {"en": "fully"},
}


def enrolments_of(version: Version) -> list[Enrolment]:
    return list(version.enrolments.select_related("version__study__bundle"))


def responses_to(version: Version, **wanted: Any) -> list[Response]:
    found = Response.objects.filter(trial__enrolment__version=version, **wanted)
    return list(found.select_related("trial__stimulus", "trial__enrolment"))


def simulated(fields: dict[str, Any], *, plan: SimulationPlan = PLAN) -> Version:
    """The version of a simulated clone of a draft with these fields."""
    return study_simulate(study=study_create(fields=fields), plan=plan).versions.get()


def assert_record_follows_from_the_seed(version: Version) -> None:
    protocol = study_protocol(version)
    entries = [read_entry(event) for event in Event.objects.filter(version=version, kind__in=ALLOCATION_KINDS)]
    difference = find_first_difference(
        protocol.design.allocation,
        arms=arm_shares(protocol.design),
        seed=bytes(version.allocation_seed),
        entries=[entry for entry in entries if entry is not None],
    )
    assert difference is None
    allocated = Event.objects.filter(version=version, kind="allocated")
    recorded = {event.enrolment: (event.data["arm"], event.data["place"], event.data["factors"]) for event in allocated}
    assert recorded == {each.code: (each.arm, each.place, each.factors) for each in enrolments_of(version)}
    assert len(entries) == 2 * len(recorded)


def assert_answers_are_such_as_tasks_take(version: Version) -> None:
    design, labels = study_protocol(version).design, version.study.bundle.labels
    for response in responses_to(version, trial__kind__in=("training", "main")):
        trial = response.trial
        assert trial.stimulus is not None
        condition = design.condition(trial.condition)
        asked = asked_about(
            trial.stimulus, condition=condition, is_swapped=trial.is_swapped, design=design, labels=labels
        )
        assert TASKS[condition.task].check(response.answers, asked=asked) == response.answers
        assert (response.second_plays > 0) == (condition.task in ("preference", "counterfactual-simulation"))
        assert (trial.first_answers is not None) == (len(TASKS[condition.task].steps(asked)) > 1)


@pytest.fixture(scope="session")
def rich_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles") / "rich"
    write_rich_bundle(folder)
    return folder


@pytest.fixture
def rich(db: None, rich_folder: Path) -> Bundle:
    return bundle_load(folder=rich_folder)[0]


@pytest.mark.parametrize(("weight", "n_per_arm"), [(1, 1), (1, 5), (2, 3), (3, 5)])
@pytest.mark.parametrize(
    "allocation",
    [
        {"method": "simple"},
        {"method": "permuted-blocks", "block_repeats": [3]},
        {"method": "least-filled"},
        {"method": "minimisation", "strata": ["about-hand"]},
        {"method": "stratified-permuted-blocks", "strata": ["about-hand"]},
    ],
    ids=lambda allocation: str(allocation["method"]),
)
def test_every_arm_gets_its_number_and_the_record_follows_from_the_seed(
    bundle: Bundle, allocation: dict[str, Any], weight: int, n_per_arm: int
) -> None:
    seen, heard = design_fields()["arms"]
    version = simulated(
        design_fields(
            # The study's own quotas say nothing of a simulation's numbers.
            arms=[seen | {"quota": 60}, heard | {"weight": weight, "quota": 200}],
            allocation=allocation,
            questionnaires=[STRATUM],
        ),
        plan=SimulationPlan(n_per_arm, 0.0, "model", 3),
    )
    assert Counter(each.arm for each in enrolments_of(version)) == {"seen": n_per_arm, "heard": weight * n_per_arm}
    assert_record_follows_from_the_seed(version)


@pytest.mark.parametrize("name", [preset.name for preset in PRESETS])
@pytest.mark.parametrize("listeners", ["model", "truth-namer"])
def test_every_preset_can_be_simulated(rich: Bundle, name: str, listeners: ListenersName) -> None:
    fields = preset_fields(name, slug="mine", title="Mine", bundle=rich.name)
    version = simulated(fields, plan=SimulationPlan(2, 1.0, listeners, 1))
    assert_record_follows_from_the_seed(version)
    assert_answers_are_such_as_tasks_take(version)


def whole_fields() -> dict[str, Any]:
    """Screens, questionnaires everywhere, exemplars, a break and attention trials."""
    return design_fields(
        study={"slug": "digits", "title": "All of it", "bundle": "rich"},
        screens={"least_width_px": 600},
        expertise=True,
        questionnaires=[
            STRATUM,
            STRATUM | {"name": "between", "when": "block"},
            STRATUM | {"name": "at-the-end", "when": "after"},
        ],
        blocks=[
            {"kind": "training", "name": "practice", "n_items": 2, "exemplars": True},
            {"kind": "main", "name": "first", "n_right": 2, "n_wrong": 2, "n_attention": 2},
            {"kind": "break", "name": "pause", "text": {"en": "Have a rest."}, "least_s": 30},
            {"kind": "questionnaire", "name": "asked", "questionnaire": "between"},
            {"kind": "main", "name": "second", "n_right": 2, "n_wrong": 2, "n_attention": 2},
        ],
    )


def test_everything_a_design_asks_is_answered(rich: Bundle) -> None:
    version = simulated(whole_fields())
    design = study_protocol(version).design
    for enrolment in enrolments_of(version):
        assert enrolment.screened_at is not None
        assert enrolment_next_step(enrolment).kind == "complete"
        answered = QuestionnaireResponse.objects.filter(enrolment=enrolment)
        assert {each.questionnaire for each in answered} == {"expertise", "about", "between", "at-the-end"}
        for each in answered:
            assert check_answers(design.questionnaire(each.questionnaire), answers=each.answers) == each.answers
        kinds = Counter(enrolment.trials.values_list("kind", flat=True))
        assert kinds == {"exemplar": 10, "training": 2, "main": 8, "attention": 4}
    assert not any(response.answers for response in responses_to(version, trial__kind="exemplar"))


def test_events_are_those_of_people_in_the_order_of_their_times(rich: Bundle) -> None:
    version = simulated(whole_fields())
    events = list(Event.objects.filter(version=version).order_by("id"))
    assert [event.at for event in events] == sorted(event.at for event in events)
    for enrolment in enrolments_of(version):
        assert [event.kind for event in events if event.enrolment == enrolment.code] == [
            *("enrolled", "screened", "sound-checked"),
            *("questionnaire-answered", "questionnaire-answered", "allocated"),
            *("questionnaire-answered", "questionnaire-answered", "completed"),
        ]


def test_attention_trials_are_passed_with_the_declared_share(rich: Bundle) -> None:
    version = simulated(whole_fields(), plan=SimulationPlan(60, 0.0, "model", 1))
    responses = responses_to(version, trial__kind="attention")
    passed = [response.answers[ATTENTION_FIELD] == response.trial.instructed_label for response in responses]
    assert len(passed) == 480
    # four standard errors of a share of 480
    assert sum(passed) / 480 == pytest.approx(ATTENTION_PASSED_SHARE, abs=0.032)
    assert {(response.plays, response.original_plays) for response in responses} == {(0, 0)}


@pytest.mark.parametrize(
    ("task", "more"),
    [
        ("error-detection", {"ask_perceived_label": True}),
        ("counterfactual-simulation", {"changed": "blobs"}),
        ("advice", {"given": "original"}),
        ("preference", {"given": "nothing"}),
        ("rating", {}),
    ],
)
def test_other_tasks_are_answered_as_they_take_it(rich: Bundle, task: str, more: dict[str, Any]) -> None:
    conditions = [
        condition_fields(channel, mask, task=task, **more)
        | ({"against": f"{channel}-{other}"} if task == "preference" else {})
        for channel in ("picture", "sound")
        for mask, other in (("relevance", "control"), ("control", "relevance"))
    ]
    fields = design_fields(
        study={"slug": "digits", "title": "Another task", "bundle": "rich"},
        conditions=conditions,
        tasks={"rating": {"scale": "visual-analogue", "statements": [STATEMENT]}},
    )
    assert_answers_are_such_as_tasks_take(simulated(fields))
