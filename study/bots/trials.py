"""A bot in the page of all trials: the lease, the turns handed out, the answers, and what is done amid them."""

from collections.abc import Callable
from uuid import uuid4

from study.bots.answering import Listener, make_answer
from study.bots.behaviours import Temper
from study.bots.client import Client, Json, Refused
from study.bots.outbox import Letter, Outbox

# As study/static/participant/trials.js has them.
_MISPLACED = {"already-answered", "not-handed-out", "not-heard", "unknown-trial"}
_MOST_MISPLACED = 3


class Left(Exception):  # noqa: N818  # nothing failed
    """The participant goes for good; `withdraws`: by the page for it."""

    def __init__(self, *, withdraws: bool) -> None:
        super().__init__("withdraws" if withdraws else "drops out")
        self.withdraws = withdraws


class TrialsPage:
    """The page of all trials as one participant has it open; `lead` goes through it.

    Parameters
    ----------
    base : str
        The study's address: /s/SLUG/.
    on_given : function
        Told of each answer (the trial's id, the body less its age) before it is sent.
    """

    def __init__(
        self,
        client: Client,
        *,
        base: str,
        temper: Temper,
        listener: Listener,
        on_given: Callable[[str, Json], None],
    ) -> None:
        self._client, self._base, self._temper, self._listener = client, base, temper, listener
        self._on_given = on_given
        self._outbox = Outbox(client, self._learn, self._on_refused, sends_twice=temper.behaviour.clicks_twice)
        self._window_id: str | None = None
        self._state: Json = {}
        self._is_stale = True
        self._answered: set[str] = set()
        self._n_misplaced = 0
        self._at_trial: int | None = None

    def lead(self) -> None:
        """Answer all that is due here; returns where the server names no trial any more.

        Raises
        ------
        Left, Refused, Halted
        """
        self._load()
        while (turn := self._next_turn()) is not None:
            self._conduct(turn)
        self._tell_leaving()

    def _load(self) -> None:
        """Load the page in the tab that is open: a new window to the server, which knows the one before."""
        previous_id, self._window_id = self._window_id, str(uuid4())
        self._claim(previous_id=previous_id)
        self._is_stale = True

    def _claim(self, *, previous_id: str | None) -> None:
        """Load the page and lead, by taking over where another window does."""
        self._client.load(f"{self._base}trials")
        claim: Json = {"window_id": self._window_id, "previous_id": previous_id}
        try:
            self._insist("window", claim)
        except Refused as refusal:
            if refusal.code != "other-window":
                raise
            self._insist("window", claim | {"take_over": True})

    def _next_turn(self) -> Json | None:
        """The next trial that was not answered here; None where something else comes."""
        known = [] if self._is_stale else self._state["turns"]
        turn = next((each for each in known if each["trial"]["id"] not in self._answered), None)
        if turn is None:
            self._outbox.empty()
            self._state = self._client.insist(lambda: self._client.call(f"{self._base}api/state"))
            self._is_stale = False
            self._answered.clear()  # what the server still names was not taken
            turn = next(iter(self._state["turns"]), None)
        return turn

    def _learn(self, reply: Json) -> None:
        """Keep the newer of two states: answers may be acknowledged in any order."""
        if not self._state or reply["state"]["n_answered"] >= self._state["n_answered"]:
            self._state = reply["state"]

    def _on_refused(self, letter: Letter, refusal: Refused) -> None:
        if not letter.is_answer and refusal.code in _MISPLACED | {"other-window"}:
            return
        if refusal.code not in _MISPLACED or self._n_misplaced >= _MOST_MISPLACED:
            raise refusal
        self._n_misplaced += 1
        self._is_stale = True

    def _conduct(self, turn: Json) -> None:
        trial = turn["trial"]
        self._pause(sum(pause["least_s"] for pause in turn["breaks"]))
        begin_id = self._begin(trial)
        if self._is_moment(trial):
            self._do_deed(trial)
            if self._is_stale:
                return
        times = self._listener.times(trial)
        self._pause(times.whole_ms / 1000)
        answers: dict[str, str | int] = {}
        for number, step in enumerate(trial["steps"], start=1):
            answers = self._listener.choose(trial, step=step)
            if number < len(trial["steps"]):
                self._answer_first(trial, answers=answers)
        body = make_answer(trial, times=times, answers=answers, begin_id=begin_id)
        self._on_given(trial["id"], body)
        self._answered.add(trial["id"])
        self._outbox.put(self._address(trial, "response"), body, is_answer=True)
        if turn["awaits"]:
            self._outbox.empty()

    def _begin(self, trial: Json) -> str:
        begin_id = str(uuid4())
        news = {"begin_id": begin_id, "window_id": self._window_id}
        self._outbox.put(self._address(trial, "begin"), news, is_answer=False)
        return begin_id

    def _answer_first(self, trial: Json, *, answers: dict[str, str | int]) -> None:
        address = self._address(trial, "first-answer")
        self._client.insist(lambda: self._client.call(address, body={"answers": answers}))

    def _is_moment(self, trial: Json) -> bool:
        """Whether the one deed of this participant is due in this trial; it is done once."""
        if self._at_trial is None:
            drawn = self._listener.draw.randrange(self._state["n_trials"])
            self._at_trial = drawn if self._temper.at_trial is None else self._temper.at_trial
        is_due: bool = trial["index"] == min(self._at_trial, self._state["n_trials"] - 1)
        if is_due:
            self._at_trial = -1
        return is_due

    def _do_deed(self, trial: Json) -> None:
        match self._temper.behaviour.deed:
            case "drop-out" | "withdraw" as deed:
                self._outbox.empty()  # what was answered is not taken back
                raise Left(withdraws=deed == "withdraw")
            case "lose-network":
                self._client.lose_network(self._temper.offline_s)
            case "reload":
                self._outbox.forget_news()  # answers on their way are kept
                self._tell_leaving()
                self._load()
            case "second-window":
                self._open_second_window(trial)
            case "nothing":
                pass

    def _tell_leaving(self) -> None:
        body = {"window_id": self._window_id, "leave": True}
        try:
            self._client.call(f"{self._base}api/window", body=body)
        except Refused:
            return  # counted; a closing page asks once

    def _open_second_window(self, trial: Json) -> None:
        """A second window takes over and begins the trial; back in the first one, that takes over in turn."""
        first_id = self._window_id
        for window_id in (str(uuid4()), first_id):
            self._window_id = window_id
            self._claim(previous_id=None)
            self._begin(trial)
        self._is_stale = True

    def _pause(self, seconds: float) -> None:
        """Let the bot's own time pass; a guesser has none to lose."""
        if self._temper.behaviour.manner != "guesses-at-once":
            self._outbox.pause(seconds / self._temper.speed)

    def _insist(self, rest: str, body: Json) -> Json:
        return self._client.insist(lambda: self._client.call(f"{self._base}api/{rest}", body=body))

    def _address(self, trial: Json, act: str) -> str:
        return f"{self._base}api/trials/{trial['id']}/{act}"
