"""A WebKit browser as the tests know a browser: pages and locators, driven by WebDriver.

`tests/browser` drives Chromium through playwright, which has no WebKit for Debian's own build. What its participants
ask of a page is answered here by selenium, so that the same person walks the same way in both browsers. Only what they
ask for is here; clicks are the driver's, and so count as a person's.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from selenium.common.exceptions import (
    ElementClickInterceptedException,
    StaleElementReferenceException,
    TimeoutException,
)
from selenium.webdriver import Remote
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service
from urllib3.exceptions import HTTPError

from tests.webkit.machine import find_program

Answer = TypeVar("Answer")

_POLL_S: Final = 0.05
_PATIENCE_S: Final = 60.0
_START_S: Final = 20
_ANSWER_S: Final = 120
_MOST_STARTS: Final = 3
_WINDOW_PX: Final = (1280, 1000)
_BROWSER: Final = "webkit2gtk-4.1/MiniBrowser"

# WebKit's driver hands out no console: from the moment a page is there its faults are kept, for the next page too.
_WATCH: Final = """
if (!window.faultsAreKept) {
  window.faultsAreKept = true;
  const kept = () => JSON.parse(sessionStorage.getItem("faults") ?? "[]");
  const keep = (fault) => sessionStorage.setItem("faults", JSON.stringify([...kept(), String(fault)]));
  addEventListener("error", (event) => keep(event.message ?? event.target.src ?? event.target.href), true);
  addEventListener("unhandledrejection", (event) => keep(event.reason));
  addEventListener("securitypolicyviolation", (event) => keep(`policy: ${event.blockedURI}`));
  for (const name of ["error", "warn"]) console[name] = (...said) => keep(said.join(" "));
}
"""
_FAULTS: Final = 'return JSON.parse(sessionStorage.getItem("faults") ?? "[]")'


def find_browser() -> str:
    """Where Remote's small browser is: outside PATH, in the folder of the machine's architecture."""
    found = sorted(Path("/usr/lib").glob(f"*/{_BROWSER}"))
    if not found:
        raise FileNotFoundError(f"/usr/lib/*/{_BROWSER} is missing; run make webkit, as root on Debian")
    return str(found[0])


@contextmanager
def webkit_page(environment: dict[str, str], *, folder: Path) -> Iterator["WebKitPage"]:
    """A page of a fresh WebKit browser with cookies, cache and storage of its own, and home in `folder`."""
    log, home = str(folder / "driver.log"), {**environment, "HOME": str(folder)}
    driver, service = _start_driver(lambda: Service(find_program("WebKitWebDriver"), log_output=log, env=home))
    try:
        driver.set_window_size(*_WINDOW_PX)
        yield WebKitPage(driver)
    finally:
        driver.quit()
        service.stop()


def _start_driver(make_service: Callable[[], Service]) -> tuple[Remote, Service]:
    """A driver with its browser; sometimes it waits for ever for a browser that never came."""
    for _ in range(_MOST_STARTS):
        service = make_service()
        service.start()
        with suppress(HTTPError):
            return _start_browser(service.service_url), service
        service.stop()
    raise AssertionError(f"WebKitWebDriver started no browser in {_MOST_STARTS} attempts of {_START_S} s")


def _start_browser(address: str) -> Remote:
    options = Options()
    options.binary_location = find_browser()
    options.add_argument("--automation")
    connection = ClientConfig(address, timeout=_START_S)
    driver = Remote(RemoteConnection(client_config=connection), options=options)
    connection.timeout = _ANSWER_S
    return driver


def split_selector(css: str) -> list[tuple[str, bool]]:
    """The alternatives of a selector, each with whether it asks for `:visible`, which is playwright's own word."""
    alternatives, depth = [""], 0
    for sign in css:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            alternatives.append("")
        else:
            alternatives[-1] += sign
    return [(each.replace(":visible", "").strip(), ":visible" in each) for each in alternatives]


@dataclass(frozen=True)
class WebKitLocator:
    """What a selector finds, looked up anew each time."""

    page: "WebKitPage"
    look: Callable[[], Sequence[WebElement]]
    name: str

    @property
    def first(self) -> "WebKitLocator":
        return self.nth(0)

    def nth(self, index: int) -> "WebKitLocator":
        return WebKitLocator(self.page, lambda: self.look()[index : index + 1], f"{self.name}[{index}]")

    def all(self) -> list["WebKitLocator"]:
        return [self.nth(index) for index in range(self.count())]

    def count(self) -> int:
        return self.page.read(lambda: len(self.look()))

    def locator(self, css: str) -> "WebKitLocator":
        return WebKitLocator(
            self.page, lambda: [each for root in self.look() for each in find_all(root, css)], f"{self.name} {css}"
        )

    def wait_for(self, *, state: str = "visible") -> None:
        """Until something of it is on the page; for `hidden` and `detached` until nothing is any more."""

        def holds() -> bool:
            found = self.look()
            if state == "detached":
                return not found
            return any(each.is_displayed() for each in found) is (state == "visible")

        self.page.wait_until(holds, said=f"{self.name} is not {state}")
        self.page.watch()

    def click(self) -> None:
        """Once the only one it finds is there and can be clicked."""

        def press() -> bool:
            (element,) = self.look() or (None,)
            if element is None or not (element.is_displayed() and element.is_enabled()):
                return False
            element.click()
            return True

        self.page.wait_until(press, said=f"{self.name} cannot be clicked")

    def check(self, *, force: bool = False) -> None:
        """Choose a box or a button that its label may cover: by the label."""
        box = self.look()[0]
        (box.find_element(By.XPATH, "ancestor::label") if force else box).click()

    def get_attribute(self, name: str) -> str | None:
        return self._read(lambda element: element.get_dom_attribute(name))

    def inner_text(self) -> str:
        return self._read(lambda element: element.text) or ""

    def _read(self, ask: Callable[[WebElement], str | None]) -> str | None:
        self.page.wait_until(lambda: bool(self.look()), said=f"{self.name} is not there")
        return self.page.read(lambda: ask(self.look()[0]))


def find_all(root: Remote | WebElement, css: str) -> list[WebElement]:
    """What a selector finds within `root`, alternative by alternative."""
    return [
        element
        for part, must_show in split_selector(css)
        for element in root.find_elements(By.CSS_SELECTOR, part)
        if not must_show or element.is_displayed()
    ]


@dataclass
class WebKitPage:
    """The browser's one page."""

    driver: Remote
    patience_s: float = field(default=_PATIENCE_S)

    @property
    def url(self) -> str:
        return self.driver.current_url

    def goto(self, url: str) -> None:
        self.driver.get(url)
        self.watch()

    def locator(self, css: str) -> WebKitLocator:
        return WebKitLocator(self, lambda: find_all(self.driver, css), css)

    def set_default_timeout(self, timeout_ms: float) -> None:
        self.patience_s = timeout_ms / 1000

    def wait_for_url(self, is_wanted: Callable[[str], bool]) -> None:
        self.wait_until(lambda: is_wanted(self.url), said="the address does not change")

    def wait_until(self, holds: Callable[[], bool], *, said: str) -> None:
        """Return once `holds` does; what is replaced or still covered meanwhile is looked up again."""
        not_yet = [StaleElementReferenceException, ElementClickInterceptedException]
        wait = WebDriverWait(self.driver, self.patience_s, poll_frequency=_POLL_S, ignored_exceptions=not_yet)
        try:
            wait.until(lambda _: holds())
        except TimeoutException as error:
            raise AssertionError(f"{said}, at {self.url} after {self.patience_s} s") from error

    def read(self, look: Callable[[], Answer]) -> Answer:
        """What `look` finds, once nothing of it is replaced while it looks."""
        found: list[Answer] = []

        def is_found() -> bool:
            found.append(look())
            return True

        self.wait_until(is_found, said="the page does not come to rest")
        return found[0]

    def watch(self) -> None:
        """Keep the faults of the page that is there; a second time changes nothing."""
        self.driver.execute_script(_WATCH)

    def faults(self) -> list[str]:
        """What scripts, console and content policy complained of since each page was there."""
        said: list[str] = self.driver.execute_script(_FAULTS)
        return said
