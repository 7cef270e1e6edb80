"""Model formulas in lme4's language: what is predicted, the fixed part, the random terms."""

import re
from dataclasses import dataclass

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_OPERATORS = re.compile(rf"(?:{_NAME}|\d+|[-+*:^()/\s])*")
_CALL = re.compile(rf"{_NAME}\s*\(")


@dataclass(frozen=True)
class RandomTerm:
    """One `(expression | group)`.

    Parameters
    ----------
    expression : str
        Left of the bar: the columns whose effects vary; an intercept is implied unless `0 +` removes it.
    group : str
        Right of the bar: the column whose values are the groups.
    correlated : bool
        True for `|`, False for `||`: every column then has a variance of its own and no covariance.
    """

    expression: str
    group: str
    correlated: bool


@dataclass(frozen=True)
class MixedFormula:
    """A parsed formula.

    Parameters
    ----------
    text : str
        The formula as given.
    outcome : str
        Column of the 0/1 outcome.
    fixed : str
        Expression of the fixed part.
    terms : tuple of RandomTerm
        In the order written; at least one.
    """

    text: str
    outcome: str
    fixed: str
    terms: tuple[RandomTerm, ...]


def parse_formula(text: str) -> MixedFormula:
    """Outcome, fixed part and random terms of `outcome ~ fixed + (expression | group) + ...`.

    Raises
    ------
    ValueError
        If an outcome or every random term is missing, a parenthesis is unbalanced, or a part is no plain expression of
        column names (functions, strings and quoted names are refused: nothing in a formula is ever evaluated as code).
    """
    outcome, tilde, right = text.partition("~")
    outcome = outcome.strip()
    if not tilde or not re.fullmatch(_NAME, outcome):
        raise ValueError(f"formula is '{text}'; expected one outcome column, '~' and predictors")
    pieces = _split_on_plus(right, text)
    terms = tuple(_random_term(piece, text) for piece in pieces if "|" in piece)
    if not terms:
        raise ValueError(f"formula '{text}' has no random term; expected at least one such as (1|participant)")
    fixed = " + ".join(piece for piece in pieces if "|" not in piece) or "1"
    return MixedFormula(text=text, outcome=outcome, fixed=_plain(fixed, text), terms=terms)


def _split_on_plus(right: str, text: str) -> list[str]:
    """Pieces of the right-hand side between the plus signs that stand outside of parentheses."""
    pieces, depth, start = [], 0, 0
    for position, character in enumerate(right):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            break
        if character == "+" and depth == 0:
            pieces.append(right[start:position].strip())
            start = position + 1
    if depth != 0:
        raise ValueError(f"formula '{text}' has unbalanced parentheses; close each one that is opened")
    pieces.append(right[start:].strip())
    if "" in pieces:
        raise ValueError(f"formula '{text}' has nothing beside a '+' or right of '~'; write 1 for an intercept alone")
    return pieces


def _random_term(piece: str, text: str) -> RandomTerm:
    match = re.fullmatch(rf"\(([^|]+)(\|\|?)\s*({_NAME})\s*\)", piece)
    if match is None:
        raise ValueError(
            f"'{piece}' in formula '{text}' is no random term; expected (expression|group) or (expression||group) "
            "with one column as group (join columns into one beforehand for nested groups)"
        )
    expression, bar, group = match.groups()
    return RandomTerm(expression=_plain(expression.strip(), text), group=group, correlated=bar == "|")


def _plain(expression: str, text: str) -> str:
    if _OPERATORS.fullmatch(expression) is None or _CALL.search(expression):
        raise ValueError(
            f"'{expression}' in formula '{text}' is no plain expression; "
            "expected column names, numbers and + - * : ^ / ( ): compute transformed columns before fitting"
        )
    return expression
