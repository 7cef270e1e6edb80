import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("fixtures/**/*.md")]
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")
CITATION = re.compile(r"\b([a-z]+(?:19|20)\d\d)\b(?=[,;)`]| )")
ENTRY = re.compile(r"^@\w+\{([a-z0-9]+),", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    dead = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]
    assert dead == []


def test_every_source_that_is_cited_stands_in_the_bibliography() -> None:
    known = set(ENTRY.findall((ROOT / "docs/sources.bib").read_text(encoding="utf-8")))
    cited = {
        key
        for folder in ("analysis", "earshot", "explainer", "study")
        for path in (ROOT / folder).rglob("*.py")
        for key in CITATION.findall(path.read_text(encoding="utf-8"))
    }
    assert "bach2015" in cited
    assert cited - known == set()


def test_tracked_files_name_no_registry_and_no_path_of_a_machine() -> None:
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    places = re.compile(r"https?://[^\s\"']+/simple\b|\"resolved\": *\"https?:|--index-url +https?:")
    found = [
        name
        for name in files.split("\0")
        if name and Path(name).suffix in {".py", ".toml", ".md", ".json", ".txt", ".cfg", ".yaml", ""}
        if (ROOT / name).is_file() and places.search((ROOT / name).read_text(encoding="utf-8", errors="ignore"))
    ]
    assert found == []


def test_each_of_the_known_failures_has_tests_that_exist() -> None:
    page = (ROOT / "docs/field-failures.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if re.match(r"\| \d+ \|", line)]
    assert [int(row.split("|")[1]) for row in rows] == list(range(1, 26))
    for row in rows:
        named = re.findall(r"`(tests/[a-z_/]+\.py)(?:::(test_\w+))?`", row)
        assert named, row
        for path, test in named:
            assert f"def {test}(" in (ROOT / path).read_text(encoding="utf-8") if test else (ROOT / path).is_file(), row
