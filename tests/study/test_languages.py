"""What participants read is there in every language, whole; and a study speaks the one that was chosen."""

import re
from collections.abc import Callable
from copy import deepcopy
from html import unescape
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from django.test import Client
from django.utils import translation

from earshot.design.names import LANGUAGE_CODES, Language, LocalText
from earshot.design.questionnaire_expertise import expertise_in
from earshot.design.questionnaire_items import Item, SingleItem
from fixtures.messages import (
    FOLDER,
    WRITTEN_IN,
    catalogue_path,
    compiled,
    find_marked,
    read_catalogue,
    template_catalogue,
)
from study.models import Enrolment, Event, Picture, Study
from study.picture_texts import alternative_text
from study.services.consents import consent_sha256
from study.services.withdrawals import receipt_code
from tests.designs import TEXTS, design_fields
from tests.study.conftest import Person

TRANSLATED = tuple(language for language in LANGUAGE_CODES if language != WRITTEN_IN)
GERMAN = {
    "information": "Sie hören **Ziffern**.",
    "consent": "Ich nehme aus freiem Willen teil.",
    "debrief": "Vielen Dank.",
    "contact": "studie@example.org",
    "labels": {"0": "null", "1": "eins", "2": "zwei"},
}
START, CONSENT, SOUND, WITHDRAW = "/s/digits/", "/s/digits/consent", "/s/digits/sound", "/s/digits/withdraw"
PROLIFIC = {"arrivals": ["link", "prolific"], "prolific": {"completed": "CDONE"}}
IN_BOTH: dict[str, Any] = {
    "study": design_fields()["study"] | {"languages": ["en", "de"]},
    "texts": {"en": TEXTS, "de": GERMAN},
}


@pytest.fixture
def study(launch: Callable[..., Study]) -> Study:
    """A study in English and German, with the questionnaire that comes with every study."""
    return launch(**IN_BOTH, expertise=True, participation=PROLIFIC)


@pytest.fixture
def german(study: Study) -> Client:
    """Somebody who chose German and agreed."""
    client = Client()
    client.post(CONSENT, consent_form(client, language="de"))
    return client


def consent_form(client: Client, *, language: str, **changes: str) -> dict[str, str]:
    content = client.get(f"{START}?language={language}").content.decode()
    return fields_of(content) | {"consent": "yes"} | changes


def fields_of(content: str) -> dict[str, str]:
    """The hidden fields of the start page's form, as a browser would send them."""
    return dict(re.findall(r'type="hidden" name="(\w+)"[^>]* value="([^"]*)"', content))


def forms(message: Message) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is marked, and what it is translated to; each for one and for several where they differ."""
    return (
        message.id if isinstance(message.id, tuple) else (str(message.id),),
        message.string if isinstance(message.string, tuple) else (str(message.string),),
    )


def messages_of(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def filled_in(text: str) -> list[str]:
    """What a translation has to keep: placeholders and elements."""
    return sorted(re.findall(r"%\(\w+\)s|\{\w+\}|<[^>]+>|%%", text))


def test_every_language_has_a_catalogue_and_every_catalogue_is_a_languages() -> None:
    assert {folder.name for folder in FOLDER.iterdir()} == set(TRANSLATED)


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalogue_holds_what_is_marked_and_nothing_else(language: Language) -> None:
    marked = {forms(message)[0] for message in messages_of(template_catalogue(find_marked()))}
    held = {forms(message)[0] for message in messages_of(read_catalogue(catalogue_path(language)))}
    assert held == marked, "run 'make messages', then translate what is new"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated_with_all_that_is_filled_in(language: Language) -> None:
    for message in messages_of(read_catalogue(catalogue_path(language))):
        marked, translated = forms(message)
        assert not message.fuzzy, marked
        assert all(translated), marked
        assert all(filled_in(text) in [filled_in(form) for form in marked] for text in translated), translated


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_shipped_is_what_the_catalogue_compiles_to(language: Language) -> None:
    path = catalogue_path(language)
    assert path.with_suffix(".mo").read_bytes() == compiled(read_catalogue(path)), "run 'make messages'"


def test_marked_texts_are_found_where_they_stand() -> None:
    marked = set(find_marked())
    assert ("Take part", "study/templates/front.html") in marked
    assert ("{n} %%", "study/templates/participant/_words_trials.html") in marked
    assert (("Choose %(n)s at most.", "Choose up to %(n)s."), "study/participant/questionnaire_fields.py") in marked
    assert not [place for _message, place in marked if "researcher" in place]


def test_a_study_speaks_its_first_language_whatever_the_browsers_is(study: Study) -> None:
    answer = Client(headers={"accept-language": "de"}).get(START)
    assert answer["Content-Language"] == "en"
    assert '<html lang="en"' in answer.content.decode()


def test_choosing_a_language_changes_the_page_and_stores_nothing(study: Study) -> None:
    n_events = Event.objects.count()
    answer = Client().get(f"{START}?language=de")
    content = answer.content.decode()
    assert answer["Content-Language"] == "de"
    assert '<html lang="de"' in content
    assert "Ihre Einwilligung" in content
    assert "Ich nehme aus freiem Willen teil." in content
    assert 'lang="en" hreflang="en">English</a>' in content
    assert set(answer.cookies) == {"csrftoken"}
    assert (Enrolment.objects.count(), Event.objects.count()) == (0, n_events)


def test_the_choice_goes_by_a_link_that_keeps_how_somebody_came_and_tells_no_identifier(study: Study) -> None:
    client = Client()
    content = client.get(f"{START}?PROLIFIC_PID=abcdef&SESSION_ID=ghijkl").content.decode()
    assert "abcdef" not in content
    (link,) = re.findall(r'<a href="([^"]*)" lang="de" hreflang="de">Deutsch</a>', content)
    content = client.get(unescape(link)).content.decode()
    assert '<html lang="de"' in content
    client.post(CONSENT, fields_of(content) | {"consent": "yes"})
    enrolment = Enrolment.objects.get()
    assert (enrolment.arrival, enrolment.language) == ("prolific", "de")
    assert enrolment.arrived.external_hmac


def test_a_visit_that_was_signed_by_nobody_came_by_the_address_itself(study: Study) -> None:
    answer = Client().get(START, {"language": "de", "visit": "made-up:x:y"})
    assert answer.context["way"] == "link"


@pytest.mark.parametrize("language", ["fr", "", "de-AT", "x" * 500])
def test_a_language_that_the_study_does_not_speak_is_its_first_one(study: Study, language: str) -> None:
    assert Client().get(START, {"language": language})["Content-Language"] == "en"


def test_a_study_of_one_language_offers_no_choice(launch: Callable[..., Study]) -> None:
    launch()
    answer = Client().get(f"{START}?language=de")
    assert answer["Content-Language"] == "en"
    assert "hreflang" not in answer.content.decode()


def test_a_study_may_speak_german_alone(launch: Callable[..., Study]) -> None:
    launch(study=design_fields()["study"] | {"languages": ["de"]}, texts={"de": GERMAN})
    answer = Client().get(START)
    assert answer["Content-Language"] == "de"
    assert "So läuft die Studie ab" in answer.content.decode()


def test_the_language_of_the_consent_is_kept_with_its_words(study: Study, german: Client) -> None:
    enrolment = Enrolment.objects.get()
    assert enrolment.language == "de"
    assert enrolment.consent_sha256 == consent_sha256(enrolment.version, language="de")
    assert enrolment.consent_sha256 != consent_sha256(enrolment.version, language="en")


def test_a_form_that_comes_back_stays_in_its_language(study: Study) -> None:
    client = Client()
    answer = client.post(CONSENT, consent_form(client, language="de", consent=""))
    assert answer.status_code == 400
    assert "Bitte setzen Sie das Häkchen" in answer.content.decode()
    assert Enrolment.objects.count() == 0


def test_whoever_declines_is_thanked_in_the_language_chosen(study: Study) -> None:
    client = Client()
    answer = client.post("/s/digits/decline", consent_form(client, language="de"))
    assert "Danke fürs Lesen" in answer.content.decode()


def test_later_pages_speak_the_language_of_the_consent(german: Client) -> None:
    answer = german.get(f"{SOUND}?language=en", headers={"accept-language": "en"})
    content = answer.content.decode()
    assert answer["Content-Language"] == "de"
    assert "Können Sie das gut hören?" in content
    assert '<li data-label="0">null</li>' in content
    assert "studie@example.org" in content


def test_the_questionnaire_of_every_study_speaks_german(german: Client, study: Study) -> None:
    Enrolment.objects.update(sound_checked_at="2026-01-01T00:00:00Z")
    content = german.get("/s/digits/questions/expertise").content.decode()
    assert "Was Sie schon wissen" in content
    assert "Mehr als fünf Jahre" in content
    assert "More than five years" not in content


def test_numbers_and_dates_are_german(german: Client, study: Study) -> None:
    enrolment = Enrolment.objects.get()
    Enrolment.objects.update(expires_at="2027-03-05T16:30:00Z", utc_offset_min=60)
    assert "5. März 2027, 17:30" in german.get(SOUND).content.decode()
    picture = Picture(kind="matched", duration_ms=1500, frequency_max_hz=8000)
    with translation.override(enrolment.language):
        assert alternative_text(picture).startswith("Spektrogramm des Klangs: Zeit nach rechts über 1,50 s")


def test_a_bundles_own_text_of_a_picture_is_told_in_its_language_alone() -> None:
    picture = Picture(kind="mask", duration_ms=500, frequency_max_hz=8000, alternative_text="A map.")
    assert alternative_text(picture) == "A map."
    with translation.override("de"):
        assert alternative_text(picture).startswith("Karte der markierten Teile")


def test_the_trials_speak_the_language_of_the_consent_and_the_next_request_its_own(ana: Person, study: Study) -> None:
    Enrolment.objects.filter(pk=ana.enrolment.pk).update(language="de")
    trial = ana.trial()
    assert trial is not None
    assert [entry["word"] for entry in trial["labels"]] == ["null", "eins", "zwei"]
    assert translation.get_language() == "en"
    Enrolment.objects.filter(pk=ana.enrolment.pk).update(language="")  # an older Earshot did not ask
    trial = ana.trial()
    assert trial is not None
    assert [entry["word"] for entry in trial["labels"]] == ["zero", "one", "two"]


def test_a_receipt_leads_to_a_page_in_the_language_of_its_consent(german: Client) -> None:
    answer = Client().post(WITHDRAW, {"receipt": receipt_code(Enrolment.objects.get().code)})
    assert "Was soll mit Ihren Antworten geschehen?" in answer.content.decode()
    assert answer["Content-Language"] == "de"


@pytest.mark.parametrize(
    ("page", "sentence"),
    [("/", "Verstehen Menschen"), ("/s/nothing/", "Hier ist keine Studie"), ("/nowhere", "Hier ist keine Seite")],
)
def test_pages_of_no_study_speak_the_browsers_language(db: None, page: str, sentence: str) -> None:
    answer = Client(headers={"accept-language": "de-AT,de;q=0.9,en;q=0.5"}).get(page)
    assert sentence in answer.content.decode()
    assert answer["Content-Language"] == "de"
    assert Client(headers={"accept-language": "fi"}).get(page)["Content-Language"] == "en"


def test_researchers_pages_are_english_throughout(admin_client: Client) -> None:
    content = admin_client.get("/admin/", headers={"accept-language": "de"}).content.decode()
    assert 'lang="en' in content
    assert "Log out" in content


def test_a_text_without_a_language_of_the_study_is_refused(launch: Callable[..., Study]) -> None:
    fields = deepcopy(IN_BOTH) | {"screens": {"speaks": {"en": "Do you understand German well?"}}}
    with pytest.raises(Exception, match="screens is written in en, and the study speaks de, en"):
        launch(**fields)


def test_the_questionnaire_of_every_study_has_every_language() -> None:
    questionnaire = expertise_in(*LANGUAGE_CODES)
    texts = [questionnaire.title, *(text for item in questionnaire.items for text in _texts_of(item))]
    assert [set(text) for text in texts] == [set(LANGUAGE_CODES)] * len(texts)
    assert all(len(set(text.values())) == len(LANGUAGE_CODES) for text in texts)


def _texts_of(item: Item) -> list[LocalText]:
    assert isinstance(item, SingleItem)
    return [item.text, *(option.text for option in item.options)]
