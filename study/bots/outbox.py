"""What a bot has to tell the server of its trials: each sent until the server has it, none waiting for another."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from study.bots.client import Client, Json, Refused


@dataclass
class Letter:
    """A POST on its way, made at `made_s`; an answer is kept when the page is loaded again, other news are not."""

    address: str
    body: Json
    is_answer: bool
    made_s: float = field(default_factory=time.monotonic)
    due_s: float = 0.0
    n_tries: int = 0


@dataclass
class Outbox:
    """Letters on their way.

    `on_reply` gets what the server says to an answer; `on_refused` what it refuses for good, with the letter.
    """

    client: Client
    on_reply: Callable[[Json], None]
    on_refused: Callable[[Letter, Refused], None]
    sends_twice: bool = False
    letters: list[Letter] = field(default_factory=list)

    def put(self, address: str, body: Json, *, is_answer: bool) -> None:
        """Send a letter, now and until the server has it."""
        self.letters.append(Letter(address, body, is_answer=is_answer))
        self.send_due()

    def send_due(self) -> None:
        """Send once more whatever has waited for its time."""
        for letter in [each for each in self.letters if each.due_s <= time.monotonic()]:
            self._send(letter)

    def empty(self) -> None:
        """Return once the server has all of it, or has refused it."""
        while self.letters:
            self.client.wait(min(letter.due_s for letter in self.letters) - time.monotonic())
            self.send_due()

    def pause(self, seconds: float) -> None:
        """Let time pass, and send meanwhile what is due."""
        end_s = time.monotonic() + seconds
        while (now_s := time.monotonic()) < end_s:
            next_s = min([end_s, *(letter.due_s for letter in self.letters)])
            self.client.wait(next_s - now_s)
            self.send_due()

    def forget_news(self) -> None:
        """Leave what only the page that is closed wanted to tell."""
        self.letters = [letter for letter in self.letters if letter.is_answer]

    def _send(self, letter: Letter) -> None:
        body = letter.body | {"age_ms": round((time.monotonic() - letter.made_s) * 1000)}
        call = self.client.call_twice if self.sends_twice else self.client.call
        try:
            reply = call(letter.address, body=body)
        except Refused as refusal:
            if refusal.is_passing and not self.client.is_impatient:
                letter.due_s = time.monotonic() + self.client.delay_s(refusal, n_tries=letter.n_tries)
                letter.n_tries += 1
                return
            self.letters.remove(letter)
            self.on_refused(letter, refusal)
            return
        self.letters.remove(letter)
        if letter.is_answer:
            self.on_reply(reply)
