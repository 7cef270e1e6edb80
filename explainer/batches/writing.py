"""The third stage: the files of the stimuli, and what the manifest says of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from earshot.bundle import MEDIA_FOLDER, Faithfulness, Stimulus
from earshot.files import Strict, sha256_bytes
from explainer.batches.job import Tools
from explainer.batches.preparing import Chosen, ChosenBatch, read_prepared
from explainer.corpora.clips import Clip
from explainer.rendering.played import measure_played
from explainer.rendering.renditions import RenderedRendition, render
from explainer.training.repeatable import repeatable

STAGE: Final = "written"
_ID_DIGITS: Final = 12  # hexadecimal: two of a million stimuli share an id once in about 500 bundles
_N_DECIMALS: Final = 6


@dataclass(frozen=True)
class WrittenBatch:
    """A batch with the gains of its stimuli's drafts, and the ceiling of all pictures of the set."""

    batch: ChosenBatch
    gains_db: tuple[tuple[float, ...], ...]
    ceiling_db: float


class WrittenStimuli(Strict):
    """The stimuli of a batch; their files lie beside this, in the media folder."""

    stimuli: list[Stimulus]


def write_batch(writing: WrittenBatch) -> WrittenStimuli:
    """A batch's files written and kept, or found as they were written before."""
    batch = writing.batch
    with repeatable(seed=0, n_threads=1):
        return batch.job.chosen.finish(
            STAGE, batch.number, model=WrittenStimuli, make=lambda folder: _write(writing, folder=folder)
        )


def media_folder(batch: ChosenBatch) -> Path:
    """Where the files of a written batch lie."""
    return batch.job.chosen.batch(STAGE, batch.number) / MEDIA_FOLDER


def stimulus_id(clip: Clip, *, network: str) -> str:
    """What a clip as one network heard it is called."""
    return sha256_bytes(f"{clip.id} {network}".encode())[:_ID_DIGITS]


def _write(writing: WrittenBatch, *, folder: Path) -> WrittenStimuli:
    batch, tools = writing.batch, writing.batch.job.tools()
    media = folder / MEDIA_FOLDER
    media.mkdir()
    stimuli = []
    prepared = read_prepared(batch.job, number=batch.number)
    for chosen, drafts, gains_db in zip(batch.chosen, prepared, writing.gains_db, strict=True):
        rendered = render(
            drafts,
            gains_db=gains_db,
            ceiling_db=writing.ceiling_db,
            more_pictures=tools.recipe.renditions.pictures,
        )
        for rendition in rendered:
            for name, content in rendition.files.items():
                (media / name).write_bytes(content)
        first_sample = drafts.cut.first_sample
        heard = _faithfulness(rendered, chosen=chosen, first_sample=first_sample, tools=tools)
        stimuli.append(
            _stimulus(chosen, rendered=rendered, heard=heard, first_sample=first_sample, writing=writing, tools=tools)
        )
    return WrittenStimuli(stimuli=stimuli)


def _faithfulness(
    rendered: list[RenderedRendition], *, chosen: Chosen, first_sample: int, tools: Tools
) -> list[Faithfulness]:
    return measure_played(
        tools.network,
        [(one.files[one.rendition.sound.file], one.rendition.sound.gain_db) for one in rendered],
        first_sample=first_sample,
        explained=chosen.answered.explained,
        labels=tools.labels,
        network_input=tools.input,
    )


def _stimulus(
    chosen: Chosen,
    *,
    rendered: list[RenderedRendition],
    heard: list[Faithfulness],
    first_sample: int,
    writing: WrittenBatch,
    tools: Tools,
) -> Stimulus:
    answered, labels, name = chosen.answered, tools.labels, writing.batch.job.network_name
    return Stimulus(
        id=stimulus_id(chosen.clip, network=name),
        clip=chosen.clip.id,
        network=name,
        speaker=chosen.clip.speaker,
        role=chosen.role,
        true_label=chosen.clip.label,
        predicted_label=labels[answered.predicted],
        explained_label=labels[answered.explained],
        probabilities={
            label: round(share, _N_DECIMALS) for label, share in zip(labels, answered.probabilities, strict=True)
        },
        relevance_over_logit=round(answered.relevance_over_logit, _N_DECIMALS),
        first_sample=first_sample,
        renditions=[
            one.rendition.model_copy(update={"faithfulness": found}) for one, found in zip(rendered, heard, strict=True)
        ],
    )
