"""A crowd of bots at a running server: who takes part, so many at once, and what became of them."""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from types import MappingProxyType

from earshot.compute import progress
from study.bots.behaviours import BEHAVIOURS, Share, Temper, mix
from study.bots.bot import Bot, Knowledge, Story
from study.bots.client import UNREACHABLE, Client, Halted
from study.simulation.listeners import stream


@dataclass(frozen=True)
class Crowd:
    """Who takes part.

    Attributes
    ----------
    address : str
        Scheme and host of the server: http://127.0.0.1:8000.
    slug : str
        The study's.
    n_bots, n_at_once : int
        How many there are in all, and at the same time.
    seed : int
        Decides who behaves how, and every answer; the server's own draws (places, the order of trials) are not its.
    at_trial, offline_s, speed
        As in `study.bots.behaviours.Temper`.
    patience_s : float
        As in `study.bots.client.Client`.
    tag : str
        The name of a header by which a proxy tells the bots apart; none is sent where it is empty.
    """

    address: str
    slug: str
    n_bots: int
    n_at_once: int = 8
    shares: Sequence[Share] = (Share(BEHAVIOURS["diligent"]),)
    seed: int = 0
    at_trial: int | None = None
    offline_s: float = 30.0
    speed: float = 1.0
    patience_s: float = 180.0
    tag: str = ""
    knowledge: Knowledge = field(default_factory=Knowledge)


def run_crowd(crowd: Crowd) -> list[Story]:
    """What became of everybody, in the order of their numbers, with a progress bar; an interrupt stops all of them."""
    halt = threading.Event()
    behaviours = mix(crowd.shares, n_bots=crowd.n_bots, draw=stream(crowd.seed, purpose="bots"))
    tempers = [
        Temper(behaviour, at_trial=crowd.at_trial, offline_s=crowd.offline_s, speed=crowd.speed)
        for behaviour in behaviours
    ]
    with ThreadPoolExecutor(crowd.n_at_once, thread_name_prefix="bot") as pool:
        futures = [
            pool.submit(_run_bot, crowd, number=number, temper=temper, halt=halt)
            for number, temper in enumerate(tempers)
        ]
        try:
            for _ in progress(as_completed(futures), label="bots", n_items=len(futures)):
                pass
        except BaseException:
            halt.set()
            pool.shutdown(cancel_futures=True)
            _hear_out(futures)
            raise
    return [future.result() for future in futures]


def summarise(stories: Sequence[Story]) -> str:
    """What happened, as a table of behaviours by outcomes, and a line of refusals by code."""
    outcomes = list(dict.fromkeys(story.outcome for story in stories))
    names = list(dict.fromkeys(story.behaviour for story in stories))
    counted = Counter((story.behaviour, story.outcome) for story in stories)
    head = ["behaviour", "bots", *outcomes, "codes", "answers"]
    rows = [
        [
            name,
            str(sum(story.behaviour == name for story in stories)),
            *(str(counted[name, outcome]) for outcome in outcomes),
            str(sum(bool(story.code) for story in stories if story.behaviour == name)),
            str(sum(len(story.given) for story in stories if story.behaviour == name)),
        ]
        for name in sorted(names, key=list(BEHAVIOURS).index)
    ]
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [head, *rows]]
    return "\n".join([*(line.rstrip() for line in table), *_notes(stories)])


def _notes(stories: Sequence[Story]) -> list[str]:
    refusals: Counter[str] = Counter()
    for story in stories:
        refusals.update(story.refusals)
    n_unreachable = refusals.pop(UNREACHABLE, 0)
    told = ", ".join(f"{code} {n}" for code, n in refusals.most_common()) or "none"
    n_requests = sum(story.n_requests for story in stories)
    notes = [f"{n_requests} requests, {n_unreachable} without an answer; refusals: {told}"]
    reasons = Counter(story.reason for story in stories if story.reason)
    return notes + [f"{n} gave up: {reason}" for reason, n in reasons.most_common()]


def _run_bot(crowd: Crowd, *, number: int, temper: Temper, halt: threading.Event) -> Story:
    draw = stream(crowd.seed, purpose=f"bot {number}")
    headers: Mapping[str, str] = {crowd.tag: f"bot-{number}"} if crowd.tag else MappingProxyType({})
    client = Client(crowd.address, draw=draw, halt=halt, headers=headers, patience_s=crowd.patience_s)
    return Bot(client, slug=crowd.slug, temper=temper, knowledge=crowd.knowledge, draw=draw).run()


def _hear_out(futures: Sequence["Future[Story]"]) -> None:
    """Take what the stopped bots have to say: that they were stopped."""
    for future in futures:
        if not future.cancelled() and not isinstance(future.exception(), Halted | None):
            future.result()
