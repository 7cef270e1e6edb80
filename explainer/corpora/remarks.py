"""What was left out of a corpus on its way into a split, in sentences for whoever builds."""

from explainer.corpora.hearing import Heard
from explainer.corpora.splits import Split


def describe_left_out(heard: Heard, *, split: Split) -> list[str]:
    """One sentence for each kind of clip that was left out or changed; none if all of them are used as they are.

    Parameters
    ----------
    heard : Heard
    split : Split
        Of `heard.recordings`.
    """
    column = heard.recordings.label_column
    n_in_no_part = len(heard.clips) - split.n_clips - split.n_copies_left_out
    counts = {
        f"left out: their {column} is none of corpus.labels": heard.recordings.n_other_labels,
        "skipped: longer than the window": heard.n_skipped_too_long,
        "mixed to mono": heard.n_mixed_to_mono,
        "left out: their bytes are those of a clip in another part of the split": split.n_copies_left_out,
        "left out: their speakers are in no fold": n_in_no_part,
    }
    return [f"{n_clips} clips {what}" for what, n_clips in counts.items() if n_clips]
