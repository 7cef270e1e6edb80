"""From a bundle to tables and pages."""

import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from earshot.bundle import MEDIA_FOLDER, read_manifest
from earshot.compute import Workers
from earshot.errors import BundleError
from explainer.faithfulness.evaluation import evaluate_bundle
from explainer.faithfulness.results import Evaluation
from tests.explainer.faithfulness.world import Planned, plan, write_world

PAGES = ("index.html", "stimuli.html")
FILES = ("differences.csv", "evaluation.csv", "evaluation.json", "relevance.csv", *PAGES)


class Page(HTMLParser):
    """Tags of a page with their attributes, and its text."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def read_page(folder: Path, name: str) -> Page:
    return Page((folder / name).read_text(encoding="utf-8"))


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_folder_holds_tables_pages_and_media(world: Path, pages: Path) -> None:
    media = {f"{MEDIA_FOLDER}/{name}" for name in read_manifest(world / "bundle").media()}
    assert set(files_of(pages)) == {*FILES, *media}


def test_table_has_a_row_for_every_rendition(pages: Path, evaluation: Evaluation) -> None:
    rows = read_rows(pages / "evaluation.csv")
    assert len(rows) == sum(len(stimulus.renditions) for stimulus in evaluation.manifest.stimuli) == 33
    assert [row["class_kept"] for row in rows[:3]] == ["1.0", "1.0", "0.0"]
    assert [row["mask"] for row in rows[:3]] == ["none", "relevance", "control"]
    # found masks of the original mean nothing
    assert [bool(row["flipping_area"]) for row in rows[:3]] == [False, True, True]


def test_planted_relevance_lies_where_the_network_looks(pages: Path) -> None:
    for row in read_rows(pages / "relevance.csv"):
        assert float(row["flipping_area"]) < float(row["flipping_area_by_energy"])
        assert float(row["flipping_area"]) < float(row["flipping_area_at_random"])
        # epsilon keeps all relevance where there is no bias
        assert float(row["relevance_over_logit"]) == pytest.approx(1, abs=1e-3)


def test_differences_have_a_row_for_every_measure_and_stratum(pages: Path) -> None:
    rows = read_rows(pages / "differences.csv")
    assert len(rows) == 2 * 12
    first = rows[0]
    assert (first["measure"], first["model_correct"], first["n_pairs"], first["difference"]) == (
        *("class_kept", "1", "7", "1.0"),
    )


def test_record_holds_verdicts_and_no_date(pages: Path, evaluation: Evaluation) -> None:
    record = json.loads((pages / "evaluation.json").read_text())
    assert [one["finding"] for one in record["verdicts"]] == ["more", "nothing"]
    assert record["bundle_sha256"] == evaluation.bundle_sha256
    assert {"quantus", "torch", "scipy"} <= set(record["versions"])


def test_another_label_turns_relevance_round_in_the_planted_network(evaluation: Evaluation) -> None:
    (randomised,) = evaluation.randomised
    # its two logits are each other's opposites
    assert [one.signed for one in randomised.other_label] == pytest.approx([-1.0] * 10)
    assert [one.of_sizes for one in randomised.other_label] == pytest.approx([1.0] * 10)
    assert randomised.layers == ("4", "0")


def test_equal_bundles_give_equal_files_whoever_measures(world: Path, pages: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    evaluate_bundle(world / "bundle", out=out, factory_folder=world / "factory", workers=Workers(n_workers=2))
    assert files_of(out) == files_of(pages)


def test_older_evaluation_is_replaced(world: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "index.html").write_text("older")
    evaluate_bundle(world / "bundle", out=out, factory_folder=world / "factory")
    assert (out / "index.html").read_text() != "older"


def test_folder_with_other_files_is_refused(world: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(BundleError, match=r"holds what is no part of an evaluation \(thesis.tex\)"):
        evaluate_bundle(world / "bundle", out=tmp_path, factory_folder=world / "factory")
    assert (tmp_path / "thesis.tex").read_text() == "mine"


def test_file_in_place_of_the_folder_is_refused(world: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(BundleError, match="is a file; name a folder with --out"):
        evaluate_bundle(world / "bundle", out=tmp_path / "out", factory_folder=world / "factory")


def test_damaged_bundle_is_refused_and_nothing_written(tmp_path: Path) -> None:
    bundle = write_world(tmp_path, planned=plan(n_right=1, n_wrong=0))
    sound = next(path for path in (bundle / MEDIA_FOLDER).iterdir() if path.suffix == ".wav")
    sound.write_bytes(b"")
    with pytest.raises(BundleError, match="is damaged"):
        evaluate_bundle(bundle, out=tmp_path / "out", factory_folder=tmp_path / "factory")
    assert not (tmp_path / "out").exists()


def test_bundle_without_any_control_is_shown_with_nothing_compared(tmp_path: Path) -> None:
    planned = [
        Planned("s01", louder="low", true_label="low", has_control=False),
        Planned("s02", louder="high", true_label="low", has_control=False),
    ]
    bundle = write_world(tmp_path, planned=planned)
    evaluation = evaluate_bundle(bundle, out=tmp_path / "out", factory_folder=tmp_path / "factory")
    assert [one.finding for one in evaluation.verdicts] == ["nothing", "nothing"]
    assert "No rendition of this network has a control" in read_page(tmp_path / "out", "index.html").text
    assert read_rows(tmp_path / "out" / "differences.csv") == []


def test_bundle_of_training_items_alone_is_shown_empty(tmp_path: Path) -> None:
    bundle = write_world(tmp_path, planned=[one for one in plan() if one.role == "training"])
    evaluate_bundle(bundle, out=tmp_path / "out", factory_folder=tmp_path / "factory")
    assert "This network has no main stimuli" in read_page(tmp_path / "out", "index.html").text


@pytest.mark.parametrize("name", PAGES)
def test_pages_ask_for_nothing_outside(pages: Path, name: str) -> None:
    content = (pages / name).read_text(encoding="utf-8")
    assert not re.findall(r"(?:https?:)?//[a-z]", content)
    page = Page(content)
    assert not page.all("link") or all(str(link["href"]).startswith("data:") for link in page.all("link"))
    assert not [attributes for _, attributes in page.tags if any(key.startswith("on") for key in attributes)]


def test_summary_holds_no_recording(pages: Path) -> None:
    page = read_page(pages, "index.html")
    assert not page.all("audio") + page.all("img") + page.all("script")
    assert MEDIA_FOLDER + "/" not in (pages / "index.html").read_text(encoding="utf-8")


def test_summary_shows_verdict_and_overridden_gate(pages: Path) -> None:
    text = read_page(pages, "index.html").text
    assert "relevance keeps the answer more often than its control" in text
    assert "Below the gate." in text
    assert "it is the only one at hand" in text
    # Three wrong predictions are too few to be read; their two measures of yes and no have intervals. Seven right ones
    # have twelve measures, less two that do not vary here and the one that is read, and two of the order of relevance.
    assert "1 difference was read for the verdict" in text
    assert "The other 13 intervals on this page describe" in " ".join(text.split())


def test_every_figure_is_told_in_words(pages: Path) -> None:
    figures = [svg for svg in read_page(pages, "index.html").all("svg") if svg.get("aria-hidden") != "true"]
    # 2 verdicts, 10 measures on the common axis twice, 2 planes of curves, 2 layers and another label
    assert len(figures) == 2 + 20 + 2 + 3
    assert all(svg.get("role") == "img" and svg.get("aria-label") for svg in figures)


def test_every_stimulus_can_be_seen_and_heard(pages: Path, evaluation: Evaluation) -> None:
    page = read_page(pages, "stimuli.html")
    assert len(page.all("article")) == len(evaluation.manifest.stimuli)
    assert all((pages / str(audio["src"])).is_file() and audio["aria-label"] for audio in page.all("audio"))
    assert all((pages / str(image["src"])).is_file() and image["alt"] for image in page.all("img"))
    assert len(page.all("audio")) == len(page.all("img")) == 33


def test_ids_of_a_page_are_unique(pages: Path) -> None:
    for name in PAGES:
        ids = [attributes["id"] for _, attributes in read_page(pages, name).tags if "id" in attributes]
        assert len(ids) == len(set(ids))
