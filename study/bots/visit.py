"""A crowd of bots sent to a study whose database is at hand: what it allows, and what the bots may know of it."""

from urllib.parse import urlsplit

from earshot.design.study_file import StudyFile
from earshot.errors import StudyError
from study.bots.bot import Knowledge
from study.bots.crowd import Crowd
from study.models import Rendition, Stage, Study
from study.presentation import MEDIA_URL
from study.selectors import current_version, study_is_open, study_protocol

MOST_BOTS = 10_000
MOST_AT_ONCE = 500


def check_visit(study: Study, *, crowd: Crowd, knows_rows_are_real: bool) -> None:
    """Refuse a visit that cannot be, or that would mix bots' rows into people's unknowingly; raises StudyError."""
    parts = urlsplit(crowd.address)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query:
        raise StudyError(f"http is '{crowd.address}'; expected the server's address alone: http://127.0.0.1:8000")
    if not 1 <= crowd.n_bots <= MOST_BOTS:
        raise StudyError(f"participants is {crowd.n_bots}; expected 1 to {MOST_BOTS}")
    if not 1 <= crowd.n_at_once <= MOST_AT_ONCE:
        raise StudyError(f"at-once is {crowd.n_at_once}; expected 1 to {MOST_AT_ONCE}")
    if not crowd.speed > 0 or not crowd.offline_s >= 0:
        raise StudyError(f"speed is {crowd.speed}, offline-s {crowd.offline_s}; expected more than 0, and at least 0")
    if not study_is_open(study):
        raise StudyError(f"study '{study.slug}' is {study.stage}; bots take part in a pilot or a running study alone")
    ways = study_protocol(current_version(study)).design.participation.arrivals
    if not {"link", "mturk"} & set(ways):
        raise StudyError(
            f"study '{study.slug}' takes people by {' or '.join(ways)} alone; bots come by the plain link: send them to"
            " a clone that takes it"
        )
    if study.stage != Stage.PILOT and not knows_rows_are_real:
        raise StudyError(
            f"study '{study.slug}' is {study.stage}: what bots answer becomes real rows beside people's, of which only"
            " a flag tells that a program sent them; send them to a pilot, or say --i-know-these-are-real-rows"
        )


def knowledge_of(study: Study) -> Knowledge:
    """What bots may know of an open study: the words of its recordings, and its questionnaires."""
    design: StudyFile = study_protocol(current_version(study)).design
    originals = Rendition.objects.filter(stimulus__bundle=study.bundle_id, mask="none")
    words = dict(originals.values_list("sound_file", "stimulus__true_label"))
    return Knowledge(
        words={f"{MEDIA_URL}{name}": label for name, label in words.items()},
        questionnaires={each.name: each for each in design.every_questionnaire},
    )
