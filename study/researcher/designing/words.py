"""The words of the design pages: a label, and help where a label is not enough, for every field of a study file."""

from collections.abc import Mapping

from django.conf.locale import LANG_INFO
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as said

# Which names a field chooses from, by `Model.field`; the subjects are filled by `names.names_of`.
CHOICES: Mapping[str, str] = {
    "Arm.conditions": "condition",
    "TrainingBlock.conditions": "condition",
    "MainBlock.conditions": "condition",
    "Condition.against": "condition",
    "Contrast.weights": "condition",
    "Condition.method": "method",
    "Condition.network": "network",
    "QuestionnaireBlock.questionnaire": "questionnaire",
    "MainBlock.repeats": "main-block",
    "TrainingRule.block": "training-block",
    "AllocationSettings.strata": "factor",
    "Texts.labels": "label",
    "StudySection.bundle": "bundle",
}

# What most designs leave as it is, by model: shown on demand.
BESIDE: Mapping[str, frozenset[str]] = {
    "StudySection": frozenset({"languages", "bundle_sha256"}),
    "Condition": frozenset(
        {"method", "form", "picture", "network", "ask_perceived_label", "against", "changed", "exposure"}
    ),
    "MainBlock": frozenset({"pool_right", "pool_wrong", "arrangement", "square", "order", "repeats"}),
    **{
        f"{kind}Item": frozenset({"required", "shown_if", "point_texts"})
        for kind in ("Single", "Multiple", "Text", "Number", "Grid", "Slider")
    },
}

_LABELS: Mapping[str, str] = {
    "StudyFile.exposure": said("Exposure"),
    "StudyFile.exposure_differs_because": said("Why the dwell differs between conditions"),
    "StudyFile.tasks": said("Tasks"),
    "StudyFile.expertise": said("Ask everyone about expertise in audio, phonetics, music and machine learning"),
    "StudyFile.exclusions": said("Exclusion rules of the per-protocol analysis"),
    "StudyFile.simulation": said("What simulations assume"),
    "StudyFile.texts": said("Texts that participants read"),
    "StudySection.slug": said("Short name in addresses"),
    "StudySection.bundle_sha256": said("The bundle's SHA-256"),
    "Condition.given": said("Given beforehand"),
    "Condition.given_channel": said("Given by"),
    "Condition.channel": said("Explained by"),
    "Condition.picture": said("Kind of picture"),
    "Condition.ask_perceived_label": said("First ask which label is heard or seen"),
    "Condition.against": said("Compared against (preference)"),
    "Condition.changed": said("Mask of the changed clip (counterfactual)"),
    "Condition.exposure": said("An exposure of its own"),
    "Exposure.dwell_ms": said("Dwell before answering opens, in ms"),
    "Exposure.max_plays": said("Plays of each sound, at most"),
    "Exposure.view_ms": said("Picture is taken away after, in ms"),
    "Exposure.least_heard_share": said("Share of the sound to be heard, 0.5 to 1"),
    "Arm.quota": said("Quota"),
    "TrainingBlock.n_items": said("Trials"),
    "TrainingBlock.exemplars": said("First show an example of each label"),
    "TrainingBlock.pass_mark": said("Pass mark, share of right answers"),
    "MainBlock.n_right": said("Right predictions"),
    "MainBlock.n_wrong": said("Wrong predictions"),
    "MainBlock.pool_right": said("Taken in turn from, right"),
    "MainBlock.pool_wrong": said("Taken in turn from, wrong"),
    "MainBlock.arrangement": said("Conditions come"),
    "MainBlock.square": said("Order of conditions by a"),
    "MainBlock.order": said("Order of trials"),
    "MainBlock.n_attention": said("Attention trials"),
    "MainBlock.feedback": said("Tell the computer's answer after each trial"),
    "MainBlock.repeats": said("Repeats the stimuli of"),
    "BreakBlock.least_s": said("Lasts at least, in seconds"),
    "OrderRules.labels": said("Predicted labels"),
    "OrderRules.longest_run_of_label": said("Longest run of one label"),
    "OrderRules.longest_run_of_condition": said("Longest run of one condition"),
    "Texts.information": said("Information for participants"),
    "Texts.consent": said("Consent"),
    "Texts.debrief": said("Debrief"),
    "Texts.contact": said("Contact"),
    "Texts.labels": said("Words for the answers"),
    "Questionnaire.when": said("Asked"),
    "Option.value": said("Code"),
    "Option.text": said("Words"),
    "ShownIf.item": said("Item"),
    "ShownIf.equals": said("Is one of, with commas between"),
    "GridItem.rows": said("Statements"),
    "Screens.headphones": said("Headphone check"),
    "Screens.least_width_px": said("Least width of the window, in pixels"),
    "Screens.speaks": said("Understands which language well"),
    "Screens.hears_well": said("Ask whether hearing is unimpaired"),
    "StudyFile.participation": said("How people come, and how they leave"),
    "Participation.arrivals": said("People come by"),
    "Participation.resume_hours": said("Can come back for, in hours after consent"),
    "Participation.repeat_level_after_min": said("Check the sound's level again after a pause of, in minutes"),
    "Participation.withdrawal": said("Answers of somebody who withdraws"),
    "Participation.prolific": said("Completion codes at Prolific"),
    "Participation.sona": said("Credits at SONA"),
    "ProlificCodes.declined": said("No consent"),
    "ProlificCodes.failed_checks": said("Failed the headphone check"),
    "SonaCredit.credit_url": said("Completion address"),
    "AllocationSettings.block_repeats": said("Repeats of the arms in a block"),
    "AllocationSettings.strata": said("Balanced over"),
    "AllocationSettings.best_share": said("Probability of the best arm"),
    "Release.idle_minutes": said("After so many minutes without a sign of life"),
    "Release.on_withdrawal": said("On withdrawal"),
    "Release.on_return": said("When a recruiting service reports a return"),
    "Release.on_timeout": said("When a recruiting service reports a time-out"),
    "StudyFile.release": said("When a place is given to somebody else"),
    "Recruitment.n_per_arm": said("Planned participants per arm, times its weight"),
    "Recruitment.power": said("State the power"),
    "Power.effect_log_odds": said("for an effect of, in log-odds"),
    "Power.basis": said("How the figure was found"),
    "Power.missing_because": said("Or why there is no figure"),
    "Contrast.name": said("What it says"),
    "Contrast.weights": said("Weights of conditions"),
    "Contrast.among": said("Among predictions that are"),
    "Contrast.right_weight": said("Weight of the right ones"),
    "AnalysisPlan.primary": said("Primary contrast"),
    "AnalysisPlan.alpha": said("Two-sided level"),
    "AnalysisPlan.smallest_effect": said("A smallest effect of interest"),
    "AnalysisPlan.secondary": said("Secondary families"),
    "AnalysisPlan.looks": said("Interim looks"),
    "Looks.information": said("At shares of the information, with commas between"),
    "Looks.spending": said("Alpha spent as"),
    "TaskSettings.rating": said("Statements to be rated"),
    "AttentionRule.most_failed": said("Left out with more failed than"),
    "FastRule.least_ms": said("Answered within, in ms"),
    "FastRule.most_share": said("Left out with a larger share than"),
    "TrainingRule.block": said("Left out who missed the pass mark of"),
}

_HELP: Mapping[str, str] = {
    "StudyFile.conditions": said(
        "What a trial gives, how it explains, and what it asks. Names are small letters, digits and hyphens; they "
        "stand in the plan and in the data, and participants never see them."
    ),
    "StudyFile.arms": said("What varies between participants: each gets the conditions of one arm."),
    "StudyFile.exposure": said("The same for all conditions that have none of their own."),
    "StudyFile.blocks": said("The parts of a session, in their order."),
    "StudyFile.questionnaires": said("Beside the one on expertise. Only questions asked before can be balanced over."),
    "StudyFile.screens": said("Passed by everyone before allocation; sound and level are always checked."),
    "StudyFile.texts": said("Paragraphs, *emphasis*, lists, links and headings as in Markdown; no HTML."),
    "StudySection.title": said("Participants see it."),
    "StudySection.slug": said("Small letters, digits and hyphens; it stays once anybody was invited."),
    "StudySection.languages": said("With commas between; the first one by default."),
    "StudySection.bundle_sha256": said("Blank: the loaded bundle of this name; a launch fixes it."),
    "Condition.method": said("Any: the first that the bundle has."),
    "Arm.weight": said("How many places of this arm come with one of weight 1."),
    "Arm.quota": said("Blank: the planned number times the weight."),
    "TrainingBlock.conditions": said("None ticked: all conditions of the participant's arm."),
    "MainBlock.conditions": said("None ticked: all conditions of the participant's arm."),
    "MainBlock.n_right": said("Per participant: a multiple of the conditions each arm has in this block."),
    "MainBlock.n_wrong": said("Announced to all; the same share in every main block."),
    "MainBlock.pool_right": said("Blank: as many as a participant meets."),
    "TrainingBlock.pass_mark": said("Recorded only: whoever misses it goes on, or leaving would tell arms apart."),
    "Exposure.dwell_ms": said("From the explanation's onset; the same in all arms, or give the reason below."),
    "Texts.contact": said("Whom participants can write to."),
    "Texts.labels": said("As participants see them; blank for the label itself."),
    "Questionnaire.when": said("At a block: add a block of kind questionnaire on the page of blocks."),
    "Participation.arrivals": said("With commas between: link, personal, prolific, sona, mturk."),
    "Participation.resume_hours": said("Announced before consent and on every page; at most 1440, which is 60 days."),
    "ProlificCodes.completed": said("As Prolific shows it; each outcome needs a code of its own there."),
    "SonaCredit.credit_url": said("The client-side one, with https; the survey code is put in for each person."),
    "AllocationSettings.block_repeats": said(
        "With commas between, for methods with blocks: a block holds each arm weight times repeats, drawn each time."
    ),
    "AllocationSettings.strata": said("Required single choices that are asked before allocation."),
    "AllocationSettings.best_share": said("Of minimisation and least-filled: above 0.5, up to 0.95."),
    "Release.idle_minutes": said("Blank: never."),
    "Recruitment.power": said("A launch needs a figure, or the reason why there is none."),
    "Contrast.weights": said("Sum to 0; blank leaves a condition out."),
    "Contrast.among": said("Right and wrong predictions are never pooled; both: the mean of two contrasts."),
    "AnalysisPlan.estimand": said("What the primary contrast estimates, for whom."),
    "AnalysisPlan.secondary": said("Contrasts of one family share a level by Holm's correction."),
    "Simulation.betas": said("In log-odds."),
    "Screens.headphones": said("After the sound check; whoever misses it twice goes no further."),
    "Screens.speaks": said("Blank: not asked."),
}

_VALUES: Mapping[str, str] = {
    "given.nothing": said("nothing"),
    "given.original": said("the original"),
    "given.original-and-word": said("the original and its true word"),
    "channel.both": said("picture and sound"),
    "mask.none": said("none: the whole clip"),
    "mask.control": said("control: relevance rolled elsewhere"),
    "mask.blobs": said("random blobs"),
    "mask.other-clip": said("another clip's relevance"),
    "mask.randomised-network": said("relevance of a randomised network"),
    "headphones.none": said("none: loudspeakers will do"),
    "headphones.antiphase": said("antiphase (Woods 2017): the quietest of three tones"),
    "headphones.huggins": said("Huggins pitch (Milne 2021): a tone in noise"),
    "form.none": said("the first that the bundle has"),
    "method.none": said("the first that the bundle has"),
    "Condition.method.none": said("the first that the bundle has"),
    "Condition.network.none": said("every network of the bundle"),
    "Condition.against.none": said("nothing"),
    "MainBlock.repeats.none": said("no other block"),
    "changed.none": said("nothing"),
    "task.forward-simulation": said("forward simulation (its answer?)"),
    "task.error-detection": said("error detection (was it right?)"),
    "task.counterfactual-simulation": said("counterfactual (a changed clip)"),
    "task.advice": said("advice (answer, see, revise)"),
    "task.rating": said("rating (of statements)"),
    "task.preference": said("preference (of two)"),
    "picture.matched": said("matched (of the sound played)"),
    "arrangement.mixed": said("mixed"),
    "arrangement.blocked": said("one after the other"),
    "square.latin": said("Latin square"),
    "square.williams": said("Williams square"),
    "labels.independent": said("drawn independently"),
    "method.simple": said("simple: a weighted draw for each place"),
    "method.permuted-blocks": said("permuted blocks"),
    "method.stratified-permuted-blocks": said("permuted blocks within strata"),
    "method.minimisation": said("minimisation (Pocock and Simon)"),
    "method.least-filled": said("least filled"),
    "withdrawal.choose": said("as they choose"),
    "withdrawal.keep": said("are kept"),
    "withdrawal.delete": said("are deleted"),
    "among.all": said("right or wrong, both weighed"),
    "spending.obrien-fleming": said("O'Brien and Fleming"),
    "spending.pocock": said("Pocock"),
    "when.before": said("before allocation"),
    "when.block": said("at a block"),
    "when.after": said("at the end"),
}

_ROWS: Mapping[str, str] = {
    "StudyFile.conditions": said("condition"),
    "StudyFile.arms": said("arm"),
    "StudyFile.blocks.training": said("training block"),
    "StudyFile.blocks.main": said("main block"),
    "StudyFile.blocks.break": said("break"),
    "StudyFile.blocks.questionnaire": said("questionnaire at this point"),
    "StudyFile.questionnaires": said("questionnaire"),
    "StudyFile.exclusions.incomplete": said("rule: incomplete sessions"),
    "StudyFile.exclusions.attention": said("rule: failed attention trials"),
    "StudyFile.exclusions.fast": said("rule: too fast answers"),
    "StudyFile.exclusions.training": said("rule: missed pass mark"),
    "Questionnaire.items.single": said("single choice"),
    "Questionnaire.items.multiple": said("multiple choice"),
    "Questionnaire.items.text": said("text"),
    "Questionnaire.items.number": said("number"),
    "Questionnaire.items.likert-grid": said("Likert grid"),
    "Questionnaire.items.slider": said("slider"),
    "SingleItem.options": said("option"),
    "MultipleItem.options": said("option"),
    "GridItem.rows": said("statement"),
    "GridItem.point_texts": said("word of a point"),
    "RatingSettings.statements": said("statement"),
    "AnalysisPlan.secondary": said("family"),
    "Family.contrasts": said("contrast"),
}


def field_label(key: str) -> str:
    """A field's label; `key` is `Model.field`."""
    label = _LABELS.get(key)
    return _(label) if label else _plain(key.partition(".")[2])


def field_help(key: str) -> str:
    """One sentence on a field; empty where its label says it all."""
    sentence = _HELP.get(key)
    return _(sentence) if sentence else ""


def value_word(key: str) -> str:
    """The words of a choice's value; `key` is `field.value`."""
    word = _VALUES.get(key)
    if word:
        return _(word)
    value = key.rpartition(".")[2]
    return "–" if value == "none" else value.replace("-", " ")


def row_word(key: str) -> str:
    """What one row of a list is called; `key` is `Model.field`, with the kind of row where there are several."""
    word = _(_ROWS[key]) if key in _ROWS else key.rpartition(".")[2]
    return _plain(word)


def language_word(language: str) -> str:
    """A language in its own words, its code where Django does not know it."""
    known = LANG_INFO.get(language, {})
    return str(known.get("name_local", language))


def _plain(name: str) -> str:
    words = name.replace("_", " ").replace("-", " ")
    return words[:1].upper() + words[1:]
