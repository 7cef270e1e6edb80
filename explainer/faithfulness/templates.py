"""The pages' templates."""

from importlib import resources

import jinja2

from explainer.faithfulness import wording

_FILTERS = {
    "number": wording.number,
    "signed": wording.signed,
    "interval": wording.interval,
    "percent": wording.percent,
}


def render_template(name: str, **values: object) -> str:
    """A template of `explainer/templates`, filled; everything in it is escaped, and every name must be known."""
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        loader=jinja2.FunctionLoader(_source),
    )
    environment.filters |= _FILTERS
    return environment.get_template(name).render(**values)


def _source(name: str) -> str:
    return resources.files("explainer").joinpath("templates", name).read_text(encoding="utf-8")
