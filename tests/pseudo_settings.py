"""The settings, with another catalogue laid over the English of participants' pages (tests/browser/relabelled.py)."""

import os

from study.settings import *  # noqa: F403  # all of them

LOCALE_PATHS = [os.environ["EARSHOT_OTHER_WORDS"]]
