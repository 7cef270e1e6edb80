import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from earshot.files import canonical_json
from study.models import Bundle, Stage, Study
from study.presets import PRESETS, preset_fields
from study.researcher.designing.faults import find_faults
from study.researcher.designing.pages import PAGES
from study.researcher.designing.row_changes import change_rows
from study.services.bundles import bundle_load
from study.services.studies import study_amend_begin, study_create, study_launch
from tests.designs import design_fields
from tests.pages import read_form
from tests.study.rich_bundle import write_rich_bundle
from tests.tiny_bundle import write_tiny_bundle

FORM = "data-faults-url"


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create(username="staff", is_staff=True, is_superuser=True))
    return client


@pytest.fixture(scope="session")
def rich_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rich") / "rich"
    write_rich_bundle(folder)
    return folder


@pytest.fixture
def rich(db: None, rich_folder: Path) -> Bundle:
    return bundle_load(folder=rich_folder)[0]


@pytest.fixture
def designed(bundle: Bundle) -> Study:
    """A draft of format 2 on the tiny bundle."""
    return study_create(fields=design_fields())


def url(study: Study, page: str) -> str:
    return f"/admin/studies/{study.slug}/design/{page}/"


def sent(staff: Client, study: Study, page: str, **changes: Any) -> dict[str, Any]:
    """What the page would send as it stands, with changed fields; `__` in a name stands for a dot."""
    fields = read_form(staff.get(url(study, page)).content.decode(), marker=FORM)
    return fields | {name.replace("__", "."): value for name, value in changes.items()}


def save(staff: Client, study: Study, page: str, **changes: Any) -> Any:
    return staff.post(url(study, page), sent(staff, study, page, **changes))


@pytest.mark.parametrize("preset", [preset.name for preset in PRESETS])
def test_saving_every_page_as_it_stands_changes_nothing(staff: Client, rich: Bundle, preset: str) -> None:
    study = study_create(fields=preset_fields(preset, slug="a-study", title="A study", bundle=rich.name))
    before = canonical_json(study.draft)
    for page in PAGES:
        answer = save(staff, study, page.name)
        assert answer.status_code == 302, (page.name, answer.context["places"], answer.context["whole_faults"])
        study.refresh_from_db()
        assert canonical_json(study.draft) == before, page.name


def test_questionnaires_of_every_kind_survive_their_page(staff: Client, designed: Study) -> None:
    def asked(kind: str, **more: Any) -> dict[str, Any]:
        return {"kind": kind, "name": f"the-{kind}", "text": {"en": f"About {kind}?"}, **more}

    options = [{"value": "18-24", "text": {"en": "18 to 24"}}, {"value": "older", "text": {"en": "Older"}}]
    ends = {"low": {"en": "Never"}, "high": {"en": "Always"}}
    items = [
        asked("single", options=options),
        asked("multiple", options=options, least=0, most=1, required=False),
        asked("text", longest=20, shown_if={"item": "the-single", "equals": ["older"]}),
        asked("number", least=0, most=120, whole=True, unit="years"),
        asked("slider", ends=ends, shown_if={"item": "the-number", "at_least": 3}),
        asked("text", shown_if={"item": "the-number", "equals": [3, 45]}) | {"name": "why"},
        asked("likert-grid", points=3, ends=ends, rows=[{"name": "one", "text": {"en": "It is."}}])
        | {"point_texts": [{"en": word} for word in ("Never", "Now and then", "Always")]},
    ]
    questionnaire = {"name": "more", "title": {"en": "More"}, "when": "after", "items": items}
    study = study_create(
        fields=design_fields(
            questionnaires=[questionnaire], study={"slug": "asked", "title": "Asked", "bundle": "tiny"}
        )
    )
    before = canonical_json(study.draft)
    assert save(staff, study, "questions").status_code == 302
    study.refresh_from_db()
    assert canonical_json(study.draft) == before


def test_what_was_typed_is_saved(staff: Client, designed: Study) -> None:
    answer = save(staff, designed, "conditions", arms__0__weight="2", arms__0__quota="60")
    assert answer.status_code == 302
    designed.refresh_from_db()
    assert designed.draft is not None
    assert [(arm["weight"], arm["quota"]) for arm in designed.draft["arms"]] == [(2, 60), (1, None)]


def test_a_cleared_field_that_may_be_empty_is_empty(staff: Client, designed: Study) -> None:
    assert save(staff, designed, "recruitment", release__idle_minutes="").status_code == 302
    designed.refresh_from_db()
    assert designed.draft is not None
    assert designed.draft["release"]["idle_minutes"] is None


@pytest.mark.parametrize(
    ("page", "path", "value", "place", "sentence"),
    [
        ("conditions", "arms.0.weight", "0", "arms.0.weight", "greater than or equal to 1"),
        ("conditions", "arms.0.weight", "-1", "arms.0.weight", "greater than or equal to 1"),
        ("conditions", "arms.0.weight", "many", "arms.0.weight", "give a number"),
        ("conditions", "conditions.0.name", "Not A Name", "conditions.0.name", "begin with a small letter"),
        ("conditions", "arms.0.quota", "1", "arms", "quotas sum to 31"),
        ("conditions", "conditions.0.mask", "blobs", "conditions.0", "needs mask"),
        ("blocks", "blocks.1.pool_right", "200", "blocks.1", "wants 200 right stimuli"),
        ("blocks", "blocks.1.n_right", "3", "blocks.1", "give a multiple of 2"),
        ("texts", "texts.en.debrief", "<b>Thanks</b>", "texts.en.debrief", "contains HTML"),
        ("texts", "texts.en.consent", "", "texts.en.consent", "write something"),
        ("analysis", "analysis.primary.weights.sound-relevance", "7", "analysis.primary", "sum to"),
        ("study", "study.title", "", "study.title", "write something"),
    ],
)
def test_a_fault_stands_at_its_field_and_nothing_is_saved(
    staff: Client, designed: Study, page: str, path: str, value: str, place: str, sentence: str
) -> None:
    before = canonical_json(designed.draft)
    posted = sent(staff, designed, page) | {path: value}
    answer = staff.post(url(designed, page), posted)
    assert answer.status_code == 200
    designed.refresh_from_db()
    assert canonical_json(designed.draft) == before
    live = staff.post(f"{url(designed, page)}faults/", posted).json()
    assert sentence in " ".join(live["faults"][place]), live
    assert read_form(answer.content.decode(), marker=FORM)[path] == value


def test_questions_that_depend_on_each_other_in_a_circle_are_a_fault_of_their_questionnaire() -> None:
    items = [
        {"kind": "number", "name": name, "text": {"en": "How many?"}, "shown_if": {"item": other, "at_least": 1}}
        for name, other in (("first", "second"), ("second", "first"))
    ]
    questionnaire = {"name": "circle", "title": {"en": "Circle"}, "when": "after", "items": items}
    faults = find_faults(design_fields(questionnaires=[questionnaire]))
    assert list(faults) == ["questionnaires.0"]
    assert "first" in faults["questionnaires.0"][0]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"arms": [{"name": "all", "conditions": ["nowhere"]}]}, "arms.0"),
        ({"blocks": [{"kind": "training", "name": "practice", "n_items": 2}]}, "blocks"),
        ({"exclusions": [{"rule": "attention"}]}, "exclusions"),
        ({"allocation": {"method": "minimisation", "strata": ["age-band"]}}, "allocation.strata"),
        ({"allocation": {"method": "minimisation"}}, "allocation"),
        ({"blocks": [{"kind": "main", "name": "main", "n_wrongs": 2}]}, "blocks.0.n_wrongs"),
        ({"nonsense": 1}, "nonsense"),
        ({"format_version": 3}, ""),
    ],
)
def test_every_fault_has_a_place(db: None, changes: dict[str, Any], path: str) -> None:
    assert list(find_faults(design_fields(**changes))) == [path]


def test_a_slug_of_another_study_is_refused(staff: Client, designed: Study) -> None:
    study_create(fields=design_fields(study={"slug": "other", "title": "Other", "bundle": "tiny"}))
    answer = save(staff, designed, "study", study__slug="other")
    assert "slug &#x27;other&#x27; is taken" in answer.content.decode()


def test_a_fault_of_another_page_names_the_page(staff: Client, designed: Study) -> None:
    posted = sent(staff, designed, "conditions") | {"conditions.3.name": "sound-blank"}
    del posted["arms.1.conditions"]
    answer = staff.post(url(designed, "conditions"), posted | {"arms.1.conditions": "sound-relevance", "do": "save"})
    assert answer.status_code == 200
    assert "is in no arm" in answer.content.decode()


def test_a_renamed_condition_is_renamed_wherever_it_is_meant(staff: Client, designed: Study) -> None:
    assert save(staff, designed, "conditions", conditions__0__name="seen-relevance").status_code == 302
    designed.refresh_from_db()
    draft = designed.draft
    assert draft is not None
    assert draft["arms"][0]["conditions"] == ["seen-relevance", "picture-control"]
    assert "seen-relevance" in draft["analysis"]["primary"]["weights"]
    assert "picture-relevance" not in json.dumps(draft)


def test_rows_are_added_moved_and_taken_out_without_saving(staff: Client, designed: Study) -> None:
    before = canonical_json(designed.draft)
    added = save(staff, designed, "blocks", do="add:blocks:break").content.decode()
    assert 'name="blocks.2.least_s"' in added
    moved = read_form(save(staff, designed, "blocks", do="up:blocks.1").content.decode(), marker=FORM)
    assert (moved["blocks.0.name"], moved["blocks.1.name"]) == ("main", "practice")
    assert 'name="blocks.1.name"' not in save(staff, designed, "blocks", do="remove:blocks.1").content.decode()
    designed.refresh_from_db()
    assert canonical_json(designed.draft) == before


def test_an_added_row_is_saved_with_the_page(staff: Client, designed: Study) -> None:
    page = save(staff, designed, "blocks", do="add:blocks:break").content.decode()
    posted = read_form(page, marker=FORM) | {"blocks.2.text.en": "Breathe."}
    assert staff.post(url(designed, "blocks"), posted).status_code == 302
    designed.refresh_from_db()
    assert designed.draft is not None
    assert [block["name"] for block in designed.draft["blocks"]] == ["practice", "main", "break-1"]


@pytest.mark.parametrize("deed", ["add:", "remove:blocks.9", "remove:blocks.x", "up:", "shuffle:blocks"])
def test_an_unknown_deed_changes_no_rows(deed: str) -> None:
    assert change_rows(design_fields(), deed=deed) is None


def test_a_factorial_design_replaces_conditions_arms_and_contrast(staff: Client, rich: Bundle) -> None:
    fields = preset_fields("explanation-by-channel", slug="factors", title="Factors", bundle=rich.name)
    study = study_create(fields=fields)
    factors = {
        "channel.role": "between",
        "channel.levels": ["picture", "sound"],
        "mask.role": "within",
        "mask.levels": ["relevance", "control", "blobs"],
        "given.role": "fixed",
        "given.levels": "nothing",
        "task.role": "fixed",
        "task.levels": "forward-simulation",
    }
    assert staff.post("/admin/studies/factors/factorial/", factors).status_code == 302
    study.refresh_from_db()
    assert study.draft is not None
    assert [arm["conditions"] for arm in study.draft["arms"]] == [
        ["picture-relevance", "picture-control", "picture-blobs"],
        ["sound-relevance", "sound-control", "sound-blobs"],
    ]
    assert {condition["given"] for condition in study.draft["conditions"]} == {"nothing"}
    assert study.draft["analysis"]["primary"]["weights"] == {
        "picture-relevance": -1.0,
        "picture-control": 1.0,
        "sound-relevance": 1.0,
        "sound-control": -1.0,
    }
    assert find_faults(study.draft) == {}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"mask.levels": "relevance"}, "has 1 level; choose at least two"),
        ({"given.levels": ["nothing", "original"]}, "is the same for all and has 2 levels"),
        (
            {"channel.role": "fixed", "channel.levels": "sound", "mask.role": "fixed", "mask.levels": "relevance"},
            "varies",
        ),
    ],
)
def test_a_factorial_design_that_makes_no_sense_is_refused(
    staff: Client, designed: Study, changes: dict[str, Any], sentence: str
) -> None:
    before = canonical_json(designed.draft)
    factors = {
        "channel.role": "between",
        "channel.levels": ["picture", "sound"],
        "mask.role": "within",
        "mask.levels": ["relevance", "control"],
        "given.role": "fixed",
        "given.levels": "nothing",
        "task.role": "fixed",
        "task.levels": "forward-simulation",
    }
    answer = staff.post(f"/admin/studies/{designed.slug}/factorial/", factors | changes)
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    designed.refresh_from_db()
    assert canonical_json(designed.draft) == before


@pytest.mark.parametrize("start", [*(preset.name for preset in PRESETS), "scratch"])
def test_a_new_study_begins_from_every_preset_and_from_scratch(staff: Client, rich: Bundle, start: str) -> None:
    typed = {"start": start, "title": "A new study", "slug": "", "bundle": rich.name}
    answer = staff.post("/admin/studies/new/", typed)
    assert answer.status_code == 302, answer.context["fault"]
    study = Study.objects.get()
    assert (study.slug, study.title, study.stage) == ("a-new-study", "A new study", Stage.DRAFT)
    assert staff.get(f"/admin/studies/{study.slug}/check/").status_code == 200


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"bundle": "elsewhere"}, "bundle is &#x27;elsewhere&#x27;, which is not loaded"),
        ({"start": "nothing"}, "choose a preset"),
        ({"title": ""}, "study.title"),
        ({"slug": "Not A Slug"}, "study.slug"),
        ({"slug": "digits"}, "is taken"),
    ],
)
def test_a_new_study_that_cannot_be_is_refused(
    staff: Client, designed: Study, changes: dict[str, str], sentence: str
) -> None:
    typed = {"start": "scratch", "title": "A new study", "slug": "new", "bundle": "tiny"}
    answer = staff.post("/admin/studies/new/", typed | changes)
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert list(Study.objects.values_list("slug", flat=True)) == [designed.slug]


def test_the_study_file_can_be_read_again(staff: Client, designed: Study) -> None:
    text = staff.get(f"/admin/studies/{designed.slug}/file/?download").content
    again = text.replace(b'slug = "digits"', b'slug = "digits-again"')
    answer = staff.post("/admin/studies/import/", {"file": SimpleUploadedFile("digits.toml", again)})
    assert answer.status_code == 302, answer.content.decode()
    copy, original = Study.objects.get(slug="digits-again").draft, designed.draft
    assert copy is not None
    assert original is not None
    assert copy | {"study": original["study"]} == original


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"\xff", "is no TOML"), (b"a = ", "is no TOML"), (b"format_version = 9", "reads up to 2"), (b"x = 1", "x")],
)
def test_a_study_file_that_is_none_is_refused(staff: Client, bundle: Bundle, content: bytes, sentence: str) -> None:
    answer = staff.post("/admin/studies/import/", {"file": SimpleUploadedFile("digits.toml", content)})
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not Study.objects.exists()


def test_a_bundle_is_loaded_from_a_folder_and_from_a_zip(
    staff: Client, hand_made_bundle: Path, rich_folder: Path, tmp_path: Path, settings: Settings
) -> None:
    settings.EARSHOT_BUNDLES = rich_folder.parent
    assert staff.post("/admin/bundles/load/", {"folder": str(rich_folder)}).status_code == 302
    with zipfile.ZipFile(tmp_path / "tiny.zip", "w") as archive:
        for file in sorted(hand_made_bundle.rglob("*")):
            archive.write(file, file.relative_to(hand_made_bundle.parent))
    with (tmp_path / "tiny.zip").open("rb") as upload:
        assert staff.post("/admin/bundles/load/", {"file": upload}).status_code == 302
    assert set(Bundle.objects.values_list("name", flat=True)) == {"rich", "tiny"}


def test_a_folder_that_is_not_listed_is_not_read(
    staff: Client, hand_made_bundle: Path, tmp_path: Path, settings: Settings
) -> None:
    settings.EARSHOT_BUNDLES = tmp_path
    answer = staff.post("/admin/bundles/load/", {"folder": str(hand_made_bundle)})
    assert "choose one of the list" in answer.content.decode()
    assert not Bundle.objects.exists()


def test_a_second_bundle_of_one_name_is_refused_with_the_reason(
    staff: Client, bundle: Bundle, tmp_path: Path, settings: Settings
) -> None:
    settings.EARSHOT_BUNDLES = tmp_path / "bundles"
    write_tiny_bundle(tmp_path / "bundles" / "other", n_right=4)
    answer = staff.post("/admin/bundles/load/", {"folder": str(tmp_path / "bundles" / "other")})
    assert answer.status_code == 200
    assert "another" in answer.context["fault"]
    assert list(Bundle.objects.values_list("sha256", flat=True)) == [bundle.sha256]


def test_a_study_is_launched_paused_amended_and_closed(staff: Client, designed: Study) -> None:
    def act(deed: str, **typed: str) -> str:
        answer = staff.post(f"/admin/studies/digits/act/{deed}/", typed)
        assert answer.status_code == 302, (deed, answer.status_code)
        return str(Study.objects.get(slug="digits").stage)

    assert act("pilot") == "pilot"
    assert act("launch") == "running"
    assert act("pause") == "paused"
    assert act("resume") == "running"
    assert act("amend") == "running"
    assert save(staff, designed, "texts", texts__en__debrief="Many thanks.").status_code == 302
    assert act("relaunch", reason="A warmer debrief.") == "running"
    page = staff.get("/admin/studies/digits/versions/?from=2&to=3").content.decode()
    assert "<del>debrief = &quot;Thank you.&quot;</del>" in page
    assert "<ins>debrief = &quot;Many thanks.&quot;</ins>" in page
    assert act("close") == "closed"
    assert act("clone", slug="digits-again") == "closed"
    assert Study.objects.get(slug="digits-again").stage == Stage.DRAFT


def test_a_new_version_without_a_reason_is_refused(staff: Client, designed: Study) -> None:
    study_launch(study=designed)
    staff.post("/admin/studies/digits/act/amend/")
    answer = staff.post("/admin/studies/digits/act/relaunch/", {"reason": " "})
    assert "needs a reason" in answer.content.decode()
    assert designed.versions.count() == 1


@pytest.mark.parametrize("deed", ["pause", "resume", "amend", "relaunch", "close", "shuffle"])
def test_what_a_draft_cannot_do_is_not_there(staff: Client, designed: Study, deed: str) -> None:
    assert staff.post(f"/admin/studies/digits/act/{deed}/").status_code == 404


def test_a_frozen_design_has_no_page_that_changes_it(staff: Client, designed: Study) -> None:
    posted = sent(staff, designed, "texts", texts__en__debrief="Changed.")
    protocol = study_launch(study=designed).protocol_sha256
    assert staff.post(url(designed, "texts"), posted).status_code == 302
    assert staff.post(f"{url(designed, 'texts')}faults/", posted).status_code == 404
    assert staff.post("/admin/studies/digits/factorial/", {}).status_code == 302
    designed.refresh_from_db()
    assert designed.draft is None
    assert list(designed.versions.values_list("protocol_sha256", flat=True)) == [protocol]


def test_the_checklist_links_to_what_is_missing(staff: Client, designed: Study) -> None:
    posted = sent(staff, designed, "recruitment")
    del posted["recruitment.power.on"]
    assert staff.post(url(designed, "recruitment"), posted).status_code == 302
    page = staff.get("/admin/studies/digits/check/").content.decode()
    assert "No power is stated" in page
    assert f'<a href="{url(designed, "recruitment")}">Mend it</a>' in page
    refused = staff.post("/admin/studies/digits/act/launch/").content.decode()
    assert "No power is stated" in refused


def test_the_check_page_of_a_new_version_says_that_quotas_begin_anew(staff: Client, designed: Study) -> None:
    study_amend_begin(study=study_launch(study=designed).study)
    page = staff.get("/admin/studies/digits/check/").content.decode()
    assert "Version 1 holds 0; version 2 takes 60 more: its quotas begin anew" in page
    assert "Ready to launch" in page


def test_the_allocation_page_says_how_predictable_the_next_assignment_is(staff: Client, designed: Study) -> None:
    page = staff.get("/admin/studies/digits/allocation/").content.decode()
    # Two arms in blocks of 2, 4 and 6: theory says .703 (`expected_guess_share`), 1,000 runs of 60 within a point.
    assert "would be right in 70 of 100 assignments" in page
    assert "<svg" in page


def test_no_page_of_a_running_study_tells_its_seed(staff: Client, designed: Study) -> None:
    seed = bytes(study_launch(study=designed).allocation_seed)
    for path in ("check/", "file/", "versions/", "allocation/", "act/close/"):
        content = staff.get(f"/admin/studies/digits/{path}").content
        assert seed.hex().encode() not in content, path
        assert repr(seed)[2:-1].encode() not in content, path


PATHS = [
    *("bundles/load/", "studies/new/", "studies/digits/design/texts/", "studies/digits/file/"),
    *("studies/digits/check/", "studies/digits/act/launch/", "studies/digits/allocation/", "studies/digits/versions/"),
]


@pytest.mark.parametrize("path", PATHS)
def test_nobody_but_staff_with_the_permission_comes_in(designed: Study, path: str) -> None:
    client = Client()
    assert client.get(f"/admin/{path}")["Location"].startswith("/admin/login/")
    helper = User.objects.create(username="helper", is_staff=True)
    client.force_login(helper)
    assert client.get(f"/admin/{path}").status_code == 403


def test_who_may_only_look_changes_nothing(designed: Study) -> None:
    helper = User.objects.create(username="helper", is_staff=True)
    helper.user_permissions.add(Permission.objects.get(codename="view_study"))
    client = Client()
    client.force_login(helper)
    assert client.get("/admin/studies/digits/check/").status_code == 200
    assert client.post("/admin/studies/digits/act/launch/").status_code == 404
    assert client.post(url(designed, "texts"), {}).status_code == 403
    designed.refresh_from_db()
    assert designed.stage == Stage.DRAFT
