"""The rooms of a researcher, page by page, for whoever looks at them."""

from collections.abc import Iterator
from typing import Final

from tests.browser.conftest import SLUG
from tests.browser.participant import Mouse, Participant
from tests.browser.stations import ADMIN, DRAFT, PASSWORD, Tour
from tests.browser.test_every_task import meet_all
from tests.every_task import SLUG as EVERY_TASK

_PAGES: Final = (
    "/admin/",
    "/admin/study/study/",
    "/admin/study/bundle/",
    "/admin/study/enrolment/",
    "/admin/password_change/",
    "/admin/bundles/load/",
    "/admin/studies/new/",
    f"/reports/{DRAFT}/",
    f"/admin/studies/{DRAFT}/file/",
    f"/admin/studies/{DRAFT}/check/",
    f"/admin/studies/{DRAFT}/allocation/",
    f"/admin/studies/{DRAFT}/act/launch/",
    *(
        f"/admin/studies/{DRAFT}/design/{page}/"
        for page in ("study", "conditions", "blocks", "texts", "questions", "recruitment", "analysis")
    ),
    f"/admin/studies/{SLUG}/check/",
    f"/admin/studies/{SLUG}/act/pause/",
    f"/admin/studies/{SLUG}/act/close/",
    f"/admin/studies/{SLUG}/versions/",
    "/admin/study/study/1/change/",
    "/admin/study/bundle/1/change/",
    "/admin/study/enrolment/1/change/",
)
_SOME: Final = (
    "/admin/",
    "/admin/study/study/",
    f"/admin/studies/{DRAFT}/design/blocks/",
    f"/admin/studies/{DRAFT}/check/",
)


def log_in(tour: Tour) -> None:
    """Enter by the page that asks for a name and a password."""
    page = tour.open("/admin/")
    tour.look(page, "log in")
    page.get_by_label("Username").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    with page.expect_navigation():
        page.get_by_role("button", name="Log in").click()
    page.close()


def look_at_some_rooms(tour: Tour) -> None:
    """One page of each kind."""
    for path in _SOME:
        tour.visit(path, path)


def look_at_all_rooms(tour: Tour) -> None:
    """Every page."""
    for path in _PAGES:
        tour.visit(path, path)


def look_at_every_round(tour: Tour) -> None:
    """One round of each kind that the study of every task has, as the preview shows it to whoever is logged in."""
    log_in(tour)
    page = tour.open(f"/admin/preview/{EVERY_TASK}/everyone/")
    place_by_name: dict[str, int] = {}
    for option in page.locator("#preview-trial option").all():
        name = option.inner_text().partition("·")[2].strip()
        place_by_name.setdefault(name, int(option.get_attribute("value") or 0))
    page.close()
    for name, place in place_by_name.items():
        look_at_round(tour, place=place, name=name)


def look_at_round(tour: Tour, *, place: int, name: str) -> None:
    """A round in the preview once something is asked, and the break before it."""
    page = tour.open(f"/admin/preview/{EVERY_TASK}/everyone/{place}/")
    person = Participant(tour.server, page, Mouse(page), EVERY_TASK)
    for greeting in _greetings(person):
        if greeting == "break":
            tour.look(page, f"break before {name}")
        person.go_on()
    meet_all(person)
    tour.look(page, f"round: {name}")
    page.close()


def _greetings(person: Participant) -> Iterator[str]:
    """What stands before a round, one after the other; whoever asks goes on past each."""
    standing, greeting = person.page.locator('#trials[data-state="trial"]'), ""
    while True:
        other = person.page.locator(f'[data-greeting]:visible:not([data-greeting="{greeting}"])')
        standing.or_(other).first.wait_for()
        if standing.count():
            return
        greeting = other.get_attribute("data-greeting") or ""
        yield greeting
