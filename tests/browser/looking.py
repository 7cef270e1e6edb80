"""Looks at a page in every way people meet it: axe-core, sizes, zoom, large text, targets, motion, focus."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal

from playwright.sync_api import Page

from tests.browser.server import ROOT

AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
Subject = Literal["axe", "fit", "target", "motion"]
Scheme = Literal["light", "dark"]

DESKTOP: Final = (1280, 800)
PHONE: Final = (390, 844)
# WCAG 2.2, 1.4.10: 320 px is 1280 at 400 %; 640 is 1280 at 200 %; and a phone that lies on its side.
SIZES: Final = (DESKTOP, PHONE, (640, 400), (320, 640), (740, 360))
_SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")
_LEAST_TARGETS_PX: Final = (24, 44)  # WCAG 2.2, 2.5.8; and the house's own for buttons that everybody has to press
_LONGEST_MOTION_S: Final = 0.01

_RUN_AXE: Final = """async tags => {
  for (const animation of document.getAnimations()) animation.finish();  // or a colour is measured on its way
  const found = await axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] });
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ target, any, all, none }) =>
    `${id}: ${target.join(" ")}: ${[...any, ...all, ...none].map(check => check.message).join("; ")}`));
}"""

# Texts are measured line by line. What is for screen readers alone and what is in no layout has no place to fit.
_FIT: Final = """() => {
  const UNSEEN = ".unseen, .visually-hidden, .first-button, .skip, .skip-to-content-link, script, svg, option";
  const root = document.documentElement, faults = [];
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.body.querySelectorAll("*")].filter(each => each.checkVisibility()
      && each.getBoundingClientRect().right > root.clientWidth + 1).slice(-3);
    const names = wide.map(each => each.tagName + "#" + each.id + "." + each.className).join(", ");
    faults.push(`scrolls sideways: ${root.scrollWidth} px in ${root.clientWidth} (${names})`);
  }
  const scrollable = element => /auto|scroll/.test(getComputedStyle(element).overflowX);
  const chain = element => { const all = []; for (let e = element; e; e = e.parentElement) all.push(e); return all; };
  const texts = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (!node.data.trim() || parent.closest(UNSEEN)) continue;
    if (!parent.checkVisibility({ visibilityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const rects = [...range.getClientRects()].filter(({ width, height }) => width > 1 && height > 1);
    if (rects.length) texts.push({ name: node.data.trim().slice(0, 40), parent, rects, over: chain(parent) });
  }
  const moves = over => over.some(element => /sticky|fixed/.test(getComputedStyle(element).position));
  for (const text of texts) {
    text.moves = moves(text.over);
    text.scrolls = text.over.some(element => element !== root && element !== document.body && scrollable(element));
    for (const element of text.over) {
      const style = getComputedStyle(element), box = element.getBoundingClientRect();
      const isCut = /hidden|clip/.test(style.overflowX + style.overflowY);
      const isFrame = element.matches(".button, .tile-face");
      if (scrollable(element)) break;
      if (!(isCut || isFrame) || element === root || element === document.body) continue;
      const out = text.rects.some(rect => rect.right > box.right + 1 || rect.left < box.left - 1
        || rect.bottom > box.bottom + rect.height / 4 || rect.top < box.top - rect.height / 4);
      if (out) faults.push(`${isCut ? "cut" : "spills"}: "${text.name}" by ${element.className || element.tagName}`);
    }
  }
  for (const [index, one] of texts.entries()) for (const other of texts.slice(index + 1)) {
    if (one.moves || other.moves || one.scrolls || other.scrolls || one.parent === other.parent) continue;
    const meet = one.rects.some(a => other.rects.some(b =>
      Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
      && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > Math.min(a.height, b.height) / 3));
    if (meet) faults.push(`overlap: "${one.name}" and "${other.name}"`);
  }
  return faults;
}"""

# A label is hit for its box; links within a sentence are WCAG's own exception.
_TARGETS: Final = """([least, main]) => {
  const faults = [];
  const KINDS = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]';
  const every = document.querySelectorAll(KINDS);
  for (const element of every) {
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.matches(".skip, .skip-to-content-link, [tabindex='-1'], [aria-hidden=true]")) continue;
    const isInText = getComputedStyle(element).display === "inline" && element.closest("p, li, footer, label");
    if (element.matches("a") && isInText) continue;
    const { width, height } = (element.closest("label") ?? element).getBoundingClientRect();
    const needed = element.matches(".button") ? main : least;
    if (width >= needed - 0.5 && height >= needed - 0.5) continue;
    const name = `${element.tagName} ${element.id || element.name || element.textContent.trim().slice(0, 30)}`;
    faults.push(`${name}: ${width.toFixed(1)} x ${height.toFixed(1)} px, needs ${needed}`);
  }
  return faults;
}"""

_MOTION: Final = """longest => {
  const inSeconds = each => parseFloat(each) * (each.includes("ms") ? 0.001 : 1);
  const seconds = text => Math.max(...text.split(",").map(inSeconds));
  return [...document.querySelectorAll("body *")].flatMap(element => [null, "::before", "::after"].flatMap(pseudo => {
    const { transitionDuration, animationDuration, animationName } = getComputedStyle(element, pseudo);
    const isAnimated = animationName !== "none" && seconds(animationDuration) > longest;
    const name = `${element.tagName}.${element.className}${pseudo ?? ""}`;
    if (!isAnimated && seconds(transitionDuration) <= longest) return [];
    return [`${name} takes ${transitionDuration} and ${animationDuration}`];
  }));
}"""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a page in one way of looking at it."""

    subject: Subject
    place: str
    way: str
    what: str

    def __str__(self) -> str:
        return f"{self.place} ({self.way}): {self.what}"


@dataclass
class Look:
    """What was looked at, and what was found; of a researcher's rooms axe alone asks how large targets are."""

    with_targets: bool = True
    places: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def at(self, page: Page, place: str) -> None:
        """Look at a page as it stands, in every way; leaves it in a light window of a desk."""
        self.places.append(place)
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE.read_text())
        for scheme in _SCHEMES:
            for width, height in (DESKTOP, PHONE):
                with seen_as(page, width=width, height=height, scheme=scheme):
                    self._note("axe", place, f"{scheme}, {width} px", page.evaluate(_RUN_AXE, list(TAGS)))
        for width, height in SIZES:
            with seen_as(page, width=width, height=height):
                self._note("fit", place, f"{width}x{height}", page.evaluate(_FIT))
                if self.with_targets:
                    self._note("target", place, f"{width} px", page.evaluate(_TARGETS, list(_LEAST_TARGETS_PX)))
        with seen_as(page), large_text(page):
            self._note("fit", place, "text of 200 %", page.evaluate(_FIT))
        with seen_as(page, motion="reduce"):
            self._note("motion", place, "reduced motion", page.evaluate(_MOTION, _LONGEST_MOTION_S))

    def of(self, subject: Subject) -> list[str]:
        """The findings on a subject."""
        return [str(finding) for finding in self.findings if finding.subject == subject]

    def _note(self, subject: Subject, place: str, way: str, found: list[str]) -> None:
        self.findings += [Finding(subject, place, way, what) for what in found]


@contextmanager
def seen_as(
    page: Page,
    *,
    width: int = DESKTOP[0],
    height: int = DESKTOP[1],
    scheme: Scheme = "light",
    motion: Literal["reduce", "no-preference"] = "no-preference",
) -> Iterator[None]:
    """The page in a window of this size, with these wishes of the system."""
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme, reduced_motion=motion)
    try:
        yield
    finally:
        page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        page.emulate_media(color_scheme="light", reduced_motion="no-preference")


@contextmanager
def large_text(page: Page) -> Iterator[None]:
    """The page with text of twice the size, as a browser set to it shows it."""
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    try:
        yield
    finally:
        page.evaluate("document.documentElement.style.fontSize = ''")
