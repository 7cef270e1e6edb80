"""The account after a run of faults: what participants gave against what the database holds."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from study.bots.bot import Given, Story
from tests.browser.server import ROOT, environment

Row = dict[str, Any]

# What stands in the database, whichever it is and whoever wrote it; ids as text.
LOOK = """
import django, json; django.setup()
from study.models import Enrolment, Response
fields = ["client_id", "answers", "rt_ms", "onset_to_response_ms", "plays", "second_plays", "original_plays"]
fields += ["heard_share", "circumstances", "trial__code", "trial__enrolment__code"]
found = {"responses": [], "enrolments": []}
for row in Response.objects.values(*fields):
    found["responses"].append(row | {name: str(row[name]) for name in ("client_id", "trial__code")})
for one in Enrolment.objects.all():
    found["enrolments"].append({
        "code": one.code, "completion_code": one.completion_code, "completed": one.completed_at is not None,
        "withdrawal": one.withdrawal, "trials": [str(t.code) for t in one.trials.all()],
    })
print(json.dumps(found))
"""
_COMPARED = ("rt_ms", "onset_to_response_ms", "plays", "second_plays", "original_plays", "heard_share")


@dataclass(frozen=True)
class Stored:
    """The rows of all responses and enrolments."""

    responses: list[Row]
    enrolments: list[Row]

    @classmethod
    def read(cls, folder: Path) -> "Stored":
        done = subprocess.run(
            [sys.executable, "-c", LOOK],
            cwd=ROOT,
            env=environment(folder) | {"DJANGO_SETTINGS_MODULE": "study.settings"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return cls(**json.loads(done.stdout))


@dataclass(frozen=True)
class Account:
    """The figures; all but the first three have to be 0.

    Answers of who withdrew and had them deleted are left out. `n_strange`: rows that nobody gave; `n_unknown_codes`:
    codes that participants were shown and no complete enrolment has.
    """

    n_given: int
    n_stored: int
    n_codes: int
    n_lost: int
    n_doubled: int
    n_altered: int
    n_strange: int
    n_incomplete_codes: int
    n_unknown_codes: int

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, doubled, altered or made up, and every code stands for a whole set."""
        faults = (self.n_lost, self.n_doubled, self.n_altered, self.n_strange)
        return not any((*faults, self.n_incomplete_codes, self.n_unknown_codes))

    def __str__(self) -> str:
        return (
            f"answers given {self.n_given}, stored {self.n_stored}: {self.n_lost} lost, {self.n_doubled} doubled, "
            f"{self.n_altered} altered, {self.n_strange} that nobody gave; codes {self.n_codes}: "
            f"{self.n_incomplete_codes} without complete data, {self.n_unknown_codes} unknown"
        )


def given_by(stories: Iterable[Story]) -> list[Given]:
    return [given for story in stories for given in story.given]


def draw_up(stored: Stored, *, given: Sequence[Given], codes: Sequence[str]) -> Account:
    """The account of everything `given`, each `client_id` once, and of the codes that were shown."""
    deleted = {trial for one in stored.enrolments if one["withdrawal"] == "delete" for trial in one["trials"]}
    owed = [each for each in given if each.trial_id not in deleted]
    rows = {row["client_id"]: row for row in stored.responses}
    found = [(each, rows[each.body["client_id"]]) for each in owed if each.body["client_id"] in rows]
    answered = Counter(row["trial__code"] for row in stored.responses)
    complete = [one for one in stored.enrolments if one["completed"]]
    return Account(
        n_given=len(owed),
        n_stored=len(stored.responses),
        n_codes=len(complete),
        n_lost=len(owed) - len(found),
        n_doubled=sum(n - 1 for n in answered.values()) + len(stored.responses) - len(rows),
        n_altered=sum(not _is_same(each, row) for each, row in found),
        n_strange=len(set(rows) - {each.body["client_id"] for each in owed}),
        n_incomplete_codes=sum(
            one["withdrawal"] != "delete" and not all(answered[trial] for trial in one["trials"]) for one in complete
        ),
        n_unknown_codes=len(set(codes) - {one["completion_code"] for one in complete}),
    )


def _is_same(given: Given, row: Row) -> bool:
    """Whether a row holds the answer as it was given; first answers, sent before it, may stand beside."""
    body = given.body
    return (
        row["trial__code"] == given.trial_id
        and all(row["answers"].get(name) == value for name, value in body["answers"].items())
        and all(row[name] == body[name] for name in _COMPARED)
        and all(row["circumstances"].get(name) == value for name, value in body["circumstances"].items())
    )
