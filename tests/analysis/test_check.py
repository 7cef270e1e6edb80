"""One refusal per fault of an export."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from analysis.check import examine
from earshot.dataset import (
    ALLOCATION_FILE,
    CODEBOOK_FILE,
    DESCRIPTION_FILE,
    EVENTS_FILE,
    MANIFEST_FILE,
    PARTICIPANTS_FILE,
    README_FILE,
    TRIALS_FILE,
    protocol_file,
)

PROTOCOL_FILE = protocol_file(1)

Files = dict[str, bytes]
Study = Callable[..., Files]
Seal = Callable[[Files], Files]
SMALL: dict[str, Any] = {"n_participants": 4, "n_right": 4, "n_wrong": 4, "n_training": 2, "refused": 1}


@pytest.fixture
def files(study_files: Study) -> Files:
    return study_files(**SMALL)


def read_rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode())))


def write_rows(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def changed_cell(files: Files, *, table: str, column: str, value: str, row: int = 5) -> Files:
    """The files with one cell changed; row 0 is the header."""
    rows = read_rows(files[table])
    rows[row][rows[0].index(column)] = value
    return {**files, table: write_rows(rows)}


def changed_description(files: Files, **changes: Any) -> Files:
    description = json.loads(files[DESCRIPTION_FILE])
    return {**files, DESCRIPTION_FILE: json.dumps({**description, **changes}).encode()}


def changed_provenance(files: Files, **changes: Any) -> Files:
    description = json.loads(files[DESCRIPTION_FILE])
    return changed_description(files, earshot={**description["earshot"], **changes})


def cell(files: Files, *, table: str, column: str, row: int = 5) -> str:
    rows = read_rows(files[table])
    return rows[row][rows[0].index(column)]


def test_a_whole_export_has_no_fault(files: Files) -> None:
    assert examine(files).faults == []


@pytest.mark.parametrize(
    "planted",
    [
        {"stage": "running", "row_stage": "running", "monitoring": True},
        {"stage": "closed", "row_stage": "running", "dropouts": (1,), "never_started": (2,)},
        {"stage": "pilot", "row_stage": "pilot"},
        {"n_participants": 0},
    ],
)
def test_exports_of_every_stage_are_whole(study_files: Study, planted: dict[str, Any]) -> None:
    assert examine(study_files(**SMALL | planted)).faults == []


@pytest.mark.parametrize(
    "name",
    [
        *(TRIALS_FILE, PARTICIPANTS_FILE, EVENTS_FILE, PROTOCOL_FILE, MANIFEST_FILE, ALLOCATION_FILE),
        *(CODEBOOK_FILE, README_FILE, DESCRIPTION_FILE),
    ],
)
def test_a_missing_file_is_named(files: Files, name: str) -> None:
    del files[name]
    faults = [fault for fault in examine(files).faults if fault.startswith(f"{name} is missing")]
    assert len(faults) == 1


def test_a_changed_byte_is_named(files: Files) -> None:
    files[README_FILE] += b"."
    assert examine(files).faults == [f"{README_FILE} was changed: its content has another hash"]


def test_a_surplus_file_is_named(files: Files) -> None:
    files["notes.txt"] = b"x"
    assert examine(files).faults == [f"notes.txt is surplus: {DESCRIPTION_FILE} does not name it"]


def test_a_file_name_beside_the_psych_ds_pattern_is_refused(files: Files, seal: Seal) -> None:
    faults = examine(seal({**files, "data/Trials 2.csv": b"a\n1\n"})).faults
    assert len(faults) == 1
    assert "data/Trials 2.csv is no Psych-DS file name" in faults[0]


def test_an_unknown_table_is_refused(files: Files, seal: Seal) -> None:
    faults = examine(seal({**files, "data/content-more_data.csv": b"a\n1\n"})).faults
    assert len(faults) == 1
    assert "data/content-more_data.csv is no table of this dataset" in faults[0]


def test_a_column_that_is_not_described_is_named(files: Files) -> None:
    described = json.loads(files[DESCRIPTION_FILE])["variableMeasured"]
    kept = [entry for entry in described if entry["name"] != "rt"]
    faults = examine(changed_description(files, variableMeasured=kept)).faults
    assert faults == [f"{TRIALS_FILE}: column 'rt' is not in variableMeasured of {DESCRIPTION_FILE}"]


def test_a_described_variable_without_column_is_named(files: Files) -> None:
    described = json.loads(files[DESCRIPTION_FILE])["variableMeasured"]
    more = [*described, {"@type": "PropertyValue", "name": "mood"}]
    faults = examine(changed_description(files, variableMeasured=more)).faults
    assert faults == [f"{DESCRIPTION_FILE}: variable 'mood' of variableMeasured is in no table"]


def test_a_variable_described_twice_is_named(files: Files) -> None:
    described = json.loads(files[DESCRIPTION_FILE])["variableMeasured"]
    faults = examine(changed_description(files, variableMeasured=[*described, described[0]])).faults
    assert faults == [f"{DESCRIPTION_FILE}: variable 'subject_id' is described 2 times; once is allowed"]


@pytest.mark.parametrize(("key", "value"), [("@context", "x"), ("@type", "Thing"), ("name", ""), ("description", None)])
def test_a_key_that_psych_ds_requires_is_missed(files: Files, key: str, value: object) -> None:
    (fault,) = examine(changed_description(files, **{key: value})).faults
    assert f"'{key}'" in fault


@pytest.mark.parametrize("name", [["a"], {"a": 1}, 7, None])
def test_a_variable_whose_name_is_no_text_is_named(files: Files, name: object) -> None:
    described = json.loads(files[DESCRIPTION_FILE])["variableMeasured"]
    faults = examine(changed_description(files, variableMeasured=[*described, {"name": name}])).faults
    assert faults == [
        f"{DESCRIPTION_FILE}: entry {len(described) + 1} of variableMeasured has no name that is a text; "
        "export it again"
    ]


@pytest.mark.parametrize("name", [PROTOCOL_FILE, MANIFEST_FILE, DESCRIPTION_FILE])
def test_json_nested_too_deeply_is_named(files: Files, name: str) -> None:
    faults = examine({**files, name: b"[" * 100_000}).faults
    assert any("nested too deeply" in fault for fault in faults)


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}"])
def test_a_broken_description_is_refused(files: Files, content: bytes) -> None:
    assert any(DESCRIPTION_FILE in fault for fault in examine({**files, DESCRIPTION_FILE: content}).faults)


def test_a_newer_format_is_refused_with_the_way_out(files: Files) -> None:
    (fault,) = examine(changed_provenance(files, format_version=4)).faults
    assert "install a newer one" in fault


def test_another_protocol_is_refused_though_its_file_hash_fits(files: Files, seal: Seal) -> None:
    files[PROTOCOL_FILE] = files[PROTOCOL_FILE].replace(b'"dwell_ms": 4000', b'"dwell_ms": 3000')
    (fault,) = examine(seal(files)).faults
    assert fault.startswith(f"{PROTOCOL_FILE} is not the one this dataset was collected under")


def test_another_bundle_manifest_is_refused(files: Files, seal: Seal) -> None:
    files[MANIFEST_FILE] = files[MANIFEST_FILE].replace(b'"name": "voices"', b'"name": "noises"', 1)
    (fault,) = examine(seal(files)).faults
    assert fault.startswith(f"{MANIFEST_FILE} is not the one this dataset was collected under")


def test_a_protocol_of_another_bundle_is_refused(files: Files) -> None:
    faults = examine(changed_provenance(files, bundle_sha256="0" * 64)).faults
    assert any("both must be the same" in fault for fault in faults)


@pytest.mark.parametrize("name", [PROTOCOL_FILE, MANIFEST_FILE])
def test_unreadable_materials_are_named(files: Files, seal: Seal, name: str) -> None:
    assert any(name in fault for fault in examine(seal({**files, name: b"{}"})).faults)


def test_outcomes_of_a_running_study_are_refused(study_files: Study) -> None:
    (fault,) = examine(study_files(**SMALL, stage="running", row_stage="running")).faults
    assert "close the study first" in fault


def test_a_simulated_study_without_parameters_is_refused(files: Files) -> None:
    (fault,) = examine(changed_provenance(files, simulation=None)).faults
    assert "no simulation parameters" in fault


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("mask", "shadow", "expected one of none, relevance, control"),
        ("rt", "fast", "expected a whole number"),
        ("correct", "1", "expected true or false"),
        ("answered_at", "yesterday", "expected an ISO-8601 time in UTC"),
        ("predicted_label", "", "predicted_label is not that of protocol and bundle"),
        ("true_label", "", "true_label is not that of protocol and bundle"),
        ("model_correct", "", "model_correct is not that of protocol and bundle"),
        ("mask", "none", "mask is not that of protocol and bundle"),
        ("version", "2", "version is not that of the participant"),
        ("stage", "pilot", "stage is not that of the participant"),
        ("arm", "other", "arm is not that of the participant"),
        ("subject_id", "nobody", f"subject_id is not in {PARTICIPANTS_FILE}"),
        ("block", "other", "block is not one of the protocol's: practice, main"),
        ("condition", "other", "condition is not one of the arm's in this block"),
        ("stimulus", "unknown", "stimulus is not in the bundle manifest"),
        ("stimulus", "training-right-01", "stimulus is not planned for this block and kind of trial"),
        ("kind", "attention", "an attention trial has one of the labels as instructed_label"),
        ("first_condition", "sound-control", "are not the two of the preference"),
        ("n_alternatives", "9", "n_alternatives is not that of protocol and bundle"),
        ("answer", "eleven", "answer is 'eleven'; expected one of 0, 1"),
        ("answer", "", "answer is missing; answer it with one of"),
        ("confidence", "110", "confidence is 110; expected an integer from 10 to 100 in steps of 10"),
        ("confidence", "0", "confidence is 0; expected an integer from 10 to 100 in steps of 10"),
        ("confidence", "55", "confidence is 55; expected an integer from 10 to 100 in steps of 10"),
        ("confidence", "", "confidence is missing; answer it with"),
        ("answered_at", "", "known without answered_at"),
        ("rt", "", "rt must be known when there is an answer"),
        ("heard_share", "1.5", "heard_share is not between 0 and 1"),
        ("plays", "-1", "plays is negative"),
        ("trial_index", "-1", "trial_index is negative"),
        ("trial_index", "2", "one row per subject_id and trial_index"),
    ],
)
def test_a_wrong_trial_cell_is_named(files: Files, seal: Seal, column: str, value: str, expected: str) -> None:
    faults = examine(seal(changed_cell(files, table=TRIALS_FILE, column=column, value=value))).faults
    assert any(expected in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("correct", "correct is not what the task gives for this answer"),
        ("model_correct", "model_correct is not that of protocol and bundle"),
    ],
)
def test_a_flag_that_contradicts_the_labels_is_named(files: Files, seal: Seal, column: str, expected: str) -> None:
    other = {"true": "false", "false": "true"}[cell(files, table=TRIALS_FILE, column=column)]
    (fault,) = examine(seal(changed_cell(files, table=TRIALS_FILE, column=column, value=other))).faults
    assert expected in fault


def test_labels_beside_the_bundle_are_named(files: Files, seal: Seal) -> None:
    true_label = cell(files, table=TRIALS_FILE, column="true_label")
    other = str((int(true_label) + 1) % 10)
    faults = examine(seal(changed_cell(files, table=TRIALS_FILE, column="true_label", value=other))).faults
    assert any("true_label is not that of protocol and bundle" in fault for fault in faults)


def test_a_stimulus_shown_twice_is_named(files: Files, seal: Seal) -> None:
    rows = read_rows(files[TRIALS_FILE])
    index = rows[0].index("trial_index")
    again = rows[5].copy()
    again[index] = "99"
    faults = examine(seal({**files, TRIALS_FILE: write_rows([*rows, again])})).faults
    assert any("met this stimulus in an earlier trial of the block" in fault for fault in faults)


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("subject_id", "p0001", "one row per participant"),
        ("arm", "", "arm and allocated_at must both be known or both be empty"),
        ("arm", "smelt", "arm is not one of the protocol's: seen, heard"),
        ("sequence", "", "sequence must be known once an arm was allocated"),
        ("place", "", "place must be known once an arm was allocated"),
        ("place", "-2", "place is negative"),
        ("version", "2", "version is not one of this dataset's: 1"),
        ("stage", "running", "stage is not 'simulated'"),
        ("stage", "", "column 'stage' is empty"),
        ("released_at", "2024-05-01T10:03:00+00:00", "released_at and release_reason must both be known"),
        ("withdrawal", "keep", "withdrawn_at and withdrawal must both be known or both be empty"),
        ("n_deleted", "4", "n_deleted must be known once answers were deleted on withdrawal, and only then"),
        ("arrival", "by car", "expected one of link, personal, prolific, sona, mturk"),
        ("n_main_answered", "3", "n_main_answered is 3, but"),
        ("n_main_answered", "", "column 'n_main_answered' is empty"),
        ("completed_at", "noon", "expected an ISO-8601 time in UTC"),
        ("sequence", "7", "arm, place or sequence is not that of"),
        ("place", "7", "arm, place or sequence is not that of"),
    ],
)
def test_a_wrong_participant_cell_is_named(files: Files, seal: Seal, column: str, value: str, expected: str) -> None:
    faults = examine(seal(changed_cell(files, table=PARTICIPANTS_FILE, column=column, value=value, row=1))).faults
    assert any(expected in fault for fault in faults), faults


def test_a_deleted_trial_row_is_found_though_hashes_fit(files: Files, seal: Seal) -> None:
    rows = read_rows(files[TRIALS_FILE])
    subject, index = (rows[1][rows[0].index(name)] for name in ("subject_id", "trial_index"))
    assert index == "0", "a training trial, which no count of answers covers"
    (fault,) = examine(seal({**files, TRIALS_FILE: write_rows([rows[0], *rows[2:]])})).faults
    assert f"subject_id {subject}" in fault
    assert "one row per planned trial, trial_index 0 to 9" in fault


def test_an_allocated_participant_without_any_row_is_found(files: Files, seal: Seal) -> None:
    rows = read_rows(files[TRIALS_FILE])
    kept = [row for row in rows if row[0] != "p0002"]
    faults = examine(seal({**files, TRIALS_FILE: write_rows(kept)})).faults
    assert any("subject_id p0002" in fault and "one row per planned trial" in fault for fault in faults)


def test_trials_of_somebody_never_allocated_are_found(files: Files, seal: Seal) -> None:
    rows = read_rows(files[PARTICIPANTS_FILE])
    place = next(place for place, row in enumerate(rows) if row[0] == "p0001")
    for name in ("arm", "place", "sequence", "allocated_at"):
        rows[place][rows[0].index(name)] = ""
    faults = examine(seal({**files, PARTICIPANTS_FILE: write_rows(rows)})).faults
    assert any("subject_id p0001" in fault and "never allocated" in fault for fault in faults)


def test_several_faults_are_all_named(files: Files, seal: Seal) -> None:
    changed = changed_cell(files, table=TRIALS_FILE, column="rt", value="x")
    changed = changed_cell(changed, table=TRIALS_FILE, column="plays", value="y", row=7)
    changed = changed_cell(changed, table=PARTICIPANTS_FILE, column="sequence", value="z", row=2)
    assert len(examine(seal(changed)).faults) == 3


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("arm", "other", "place 1: the record has place 1 in arm 'other'"),
        ("sequence", "9", "place 1: the record has place 1 in arm"),
        ("place", "9", "place 9: the record has place 9 in arm"),
        ("refills", "0", "the refill of place 0; seed and history give"),
        ("arm", "", "arm is empty in an event 'allocated'; it must be known"),
        ("event", "enrolled", "place 1: "),
        ("event_id", "1", "event_id does not rise from row to row"),
        ("subject_id", "nobody", f"subject_id is not in {PARTICIPANTS_FILE}"),
    ],
)
def test_a_tampered_event_is_named(files: Files, seal: Seal, column: str, value: str, expected: str) -> None:
    rows = read_rows(files[EVENTS_FILE])
    place = next(n for n, row in enumerate(rows) if row[rows[0].index("place")] == "1")
    faults = examine(seal(changed_cell(files, table=EVENTS_FILE, column=column, value=value, row=place))).faults
    assert any(expected in fault for fault in faults), faults


def test_every_swap_of_two_assignments_is_found(study_files: Study, seal: Seal) -> None:
    """Rows agree with the events, hashes fit: only the seed tells."""
    files = study_files(n_participants=8, n_right=4, n_wrong=4, n_training=2)
    events, people = (read_rows(files[table]) for table in (EVENTS_FILE, PARTICIPANTS_FILE))
    other = {"seen": "heard", "heard": "seen"}
    for number in range(8):
        changed = []
        for rows in (events, people):
            header = rows[0]
            changed.append(
                [
                    [
                        other[cell] if name == "arm" and row[header.index("place")] == str(number) and cell else cell
                        for name, cell in zip(header, row, strict=True)
                    ]
                    for row in rows
                ]
            )
        tampered = {**files, EVENTS_FILE: write_rows(changed[0])}
        (fault,) = examine(seal(tampered)).faults
        assert f"{EVENTS_FILE}: version 1, place {number}: the record has place {number} in arm" in fault


def test_a_release_and_its_refill_are_derived_again(study_files: Study) -> None:
    files = study_files(**SMALL | {"n_participants": 12, "released": (0, 1, 5)})
    rows = read_rows(files[EVENTS_FILE])
    assert any(row[rows[0].index("refills")] for row in rows[1:]), "a released sequence was inherited"
    assert examine(files).faults == []


def test_a_trial_moved_within_a_participant_is_found_by_the_seed(files: Files, seal: Seal) -> None:
    rows = read_rows(files[TRIALS_FILE])
    index = rows[0].index("trial_index")
    rows[5][index], rows[6][index] = rows[6][index], rows[5][index]
    (fault,) = examine(seal({**files, TRIALS_FILE: write_rows(rows)})).faults
    assert "subject_id p0000, trial_index 4: the row has main, main, " in fault
    assert "; seed, place and sequence give main, main, " in fault


def test_another_seed_is_refused(files: Files, seal: Seal) -> None:
    other = files[ALLOCATION_FILE].replace((b"s" * 32).hex().encode(), (b"t" * 32).hex().encode())
    (fault,) = examine(seal({**files, ALLOCATION_FILE: other})).faults
    assert fault == f"{ALLOCATION_FILE}: the seed of version 1 is not the one its protocol names"


@pytest.mark.parametrize(("old", "new"), [(b'"quota": 1000', b'"quota": 999'), (b"permuted-blocks", b"simple")])
def test_another_way_to_allocate_than_the_protocols_is_refused(
    files: Files, seal: Seal, old: bytes, new: bytes
) -> None:
    faults = examine(seal({**files, ALLOCATION_FILE: files[ALLOCATION_FILE].replace(old, new, 1)})).faults
    assert faults == [f"{ALLOCATION_FILE}: version 1 does not allocate as its protocol says"]


def test_an_unreadable_allocation_record_is_named(files: Files, seal: Seal) -> None:
    faults = examine(seal({**files, ALLOCATION_FILE: b"{}"})).faults
    assert any(fault.startswith(f"{ALLOCATION_FILE}: ") for fault in faults), faults


def test_an_open_study_tells_neither_seed_nor_arms(study_files: Study) -> None:
    files = study_files(**SMALL, stage="running", row_stage="running", monitoring=True)
    whole = b"".join(content for name, content in files.items() if name.startswith("data/"))
    assert TRIALS_FILE not in files
    assert (b"s" * 32).hex().encode() not in b"".join(files.values())
    for told in (b"seen", b"heard", b"relevance", b"main-right"):
        assert told not in whole
    for table in (PARTICIPANTS_FILE, EVENTS_FILE):
        assert not {"arm", "place", "sequence", "refills"} & set(read_rows(files[table])[0])


def test_a_codebook_without_a_column_is_named(files: Files, seal: Seal) -> None:
    rows = [row for row in read_rows(files[CODEBOOK_FILE]) if row[:2] != [TRIALS_FILE, "rt"]]
    (fault,) = examine(seal({**files, CODEBOOK_FILE: write_rows(rows)})).faults
    assert fault == f"{CODEBOOK_FILE}: column 'rt' of '{TRIALS_FILE}' stands either there or in the table alone"


OTHER_DESIGN = json.dumps(
    {
        "conditions": [
            {"name": "pair", "channel": "sound", "mask": "relevance", "task": "preference", "against": "detect"},
            {"name": "detect", "channel": "sound", "mask": "control", "task": "error-detection"},
            {
                "name": "advise",
                "channel": "picture",
                "mask": "relevance",
                "task": "advice",
                "ask_perceived_label": True,
            },
        ],
        "arms": [{"name": "all", "conditions": ["pair", "detect", "advise"]}],
        "blocks": [
            {"kind": "training", "name": "practice", "n_items": 2, "conditions": ["detect"]},
            {"kind": "main", "name": "main", "n_right": 3, "n_wrong": 3, "n_attention": 2},
        ],
        "analysis": {
            "estimand": "detecting beside advising",
            "primary": {"name": "beside", "weights": {"detect": 1.0, "advise": -1.0}},
        },
    }
)


def test_an_export_of_other_tasks_is_whole(study_files: Study) -> None:
    files = study_files(n_participants=4, n_training=2, design=OTHER_DESIGN)
    assert examine(files).faults == []
    header = read_rows(files[TRIALS_FILE])[0]
    assert {"judgement", "preferred", "answer_before", "perceived_label", "correct_before"} <= set(header)


def test_the_order_of_two_explanations_is_derived_again(study_files: Study, seal: Seal) -> None:
    files = study_files(n_participants=4, n_training=2, design=OTHER_DESIGN)
    rows = read_rows(files[TRIALS_FILE])
    first, second = (rows[0].index(name) for name in ("first_condition", "second_condition"))
    preferences = [row for row in rows[1:] if row[first]]
    # 2 preferences of each of 4 participants
    assert [row[first] for row in preferences].count("pair") == [row[first] for row in preferences].count("detect") == 4
    row = preferences[0]
    row[first], row[second] = row[second], row[first]
    (fault,) = examine(seal({**files, TRIALS_FILE: write_rows(rows)})).faults
    assert f"{row[first]}, {row[second]}; seed, place and sequence give main, main, " in fault


@pytest.mark.parametrize(
    ("task", "column", "value", "expected"),
    [
        ("error-detection", "judgement", "maybe", "expected one of right, wrong"),
        ("advice", "judgement", "right", "judgement is not what the task gives"),
        ("advice", "correct_before", "", "correct_before is not what the task gives"),
        ("preference", "preferred", "", "preferred is missing"),
        ("preference", "second_condition", "advise", "are not the two of the preference"),
    ],
)
def test_a_wrong_cell_of_another_task_is_named(
    study_files: Study, seal: Seal, task: str, column: str, value: str, expected: str
) -> None:
    files = study_files(n_participants=4, n_training=2, design=OTHER_DESIGN)
    rows = read_rows(files[TRIALS_FILE])
    wanted = {rows[0].index("task"): task, rows[0].index("kind"): "main"}
    place = next(n for n, row in enumerate(rows) if all(row[i] == cell for i, cell in wanted.items()))
    faults = examine(seal(changed_cell(files, table=TRIALS_FILE, column=column, value=value, row=place))).faults
    assert any(expected in fault for fault in faults), faults
