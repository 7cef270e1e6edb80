"""What is recorded of a network beside its weights: where it came from, and how well it answers."""

from pydantic import Field

from earshot.bundle import Sha256, Share
from earshot.files import Strict
from explainer.networks.architectures import FastTraining, PaperTraining
from explainer.networks.inputs import NetworkInput


class PartAccuracy(Strict):
    """How a network answered one part of the clips.

    Attributes
    ----------
    n_clips, n_right : int
    share : float
        Right answers, 0 to 1.
    interval : tuple of float
        95 % confidence interval of the share (wilson1927), as if the clips were drawn independently: of few speakers
        they are not, so a new speaker may well lie outside.
    confusion : list of list of int
        Clips by true label (row) and answer (column), in the order of the labels.
    """

    n_clips: int = Field(ge=1)
    n_right: int = Field(ge=0)
    share: Share
    interval: tuple[Share, Share]
    confusion: list[list[int]]


class Factory(Strict):
    """Where a network that was brought came from; its code is not kept, but its hash is."""

    name: str
    source_sha256: Sha256
    weights_sha256: Sha256


class NetworkDescription(Strict):
    """A network, as `network.json` has it.

    Attributes
    ----------
    architecture, seed, training :
        Of a network that Earshot trained; None for one that was brought.
    factory : Factory or None
        Of a network that was brought.
    n_threads : int
        With which it was trained and measured.
    input : NetworkInput
    labels : list of str
        What its outputs stand for.
    n_parameters, n_training_clips : int
    validation, heldout_takes, heldout_speakers : PartAccuracy or None
        None where the split has no such part.
    """

    architecture: str | None = None
    seed: int | None = None
    training: FastTraining | PaperTraining | None = Field(default=None, discriminator="kind")
    factory: Factory | None = None
    n_threads: int
    input: NetworkInput
    labels: list[str]
    n_parameters: int
    n_training_clips: int
    validation: PartAccuracy | None = None
    heldout_takes: PartAccuracy | None = None
    heldout_speakers: PartAccuracy | None = None

    @property
    def name(self) -> str:
        """The architecture with its seed, or the factory."""
        return self.factory.name if self.factory else f"{self.architecture}, seed {self.seed}"
