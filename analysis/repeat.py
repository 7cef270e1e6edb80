"""How somebody else repeats the numbers: the command, and the R call of the primary model."""

from analysis.exclusions import deciding_stage
from analysis.load import Dataset
from earshot.dataset import TRIALS_FILE

_R_CALL = """\
library(glmmTMB)
trials <- read.csv(unz("{file}", "{table}"), colClasses = c(answer = "character"))
trials <- subset(trials, stage == "{stage}" & version == {version} & {kind} == "main" & answer != "")
code <- function(values, high) ifelse(values == high, .5, -.5)
trials <- transform(trials, correct = as.integer(tolower(correct) == "true"),
  channel = code(channel, "sound"), mask = code(mask, "relevance"),
  model_correct = code(tolower(model_correct), "true"), participant = subject_id)
fit <- glmmTMB(correct ~ channel*mask*model_correct + diag(1 + mask*model_correct | participant) +
  diag(1 + channel*mask | stimulus), family = binomial, data = trials)
summary(fit)
weights <- function(code) as.numeric(names(fixef(fit)$cond) == "channel:mask") +
  code * (names(fixef(fit)$cond) == "channel:mask:model_correct")
contrast <- function(code) {{
  w <- weights(code)
  estimate <- sum(w * fixef(fit)$cond)
  se <- sqrt(drop(t(w) %*% vcov(fit)$cond %*% w))
  df <- min(length(unique(trials$participant)) - 2,
    length(unique(trials$stimulus[trials$model_correct == code])) - 1)
  c(estimate = estimate, se = se, df = df, p = 2 * pt(-abs(estimate / se), df))
}}
contrast(-.5)  # primary: wrong predictions
contrast(.5)   # secondary: right predictions
"""


def report_command(dataset: Dataset) -> str:
    """The command that makes this report again."""
    return f"python -m analysis report {dataset.file_name} --out report"


def r_call(dataset: Dataset) -> str:
    """An R script that fits the primary model to this file by glmmTMB and prints both contrasts."""
    return _R_CALL.format(
        file=dataset.file_name,
        table=TRIALS_FILE,
        stage=deciding_stage(dataset),
        version=dataset.protocol.version,
        # the file itself is as it was written
        kind="phase" if dataset.provenance.upgraded_from == 1 else "kind",
    )
