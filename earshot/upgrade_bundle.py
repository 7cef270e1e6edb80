"""Manifests of older bundle formats, one upgrade function each: from fields as they were to fields of the next one."""

from typing import Any

_OLDEST_MASKS = ("relevance", "control")


def to_newest(fields: Any) -> Any:
    """The fields of a manifest as the newest format has them; those of a newer or unknown format are left alone."""
    if isinstance(fields, dict) and fields.get("format_version", 1) == 1:
        fields = from_1(fields)
    if isinstance(fields, dict) and fields["format_version"] == 2:
        fields = from_2(fields)
    return fields


def from_2(fields: dict[str, Any]) -> dict[str, Any]:
    """Format 2 as format 3: the same fields; what the network answers to each sound was not recorded."""
    return fields | {"format_version": 3}


def from_1(fields: dict[str, Any]) -> dict[str, Any]:
    """Format 1 as format 2: one network, one method and one form become the first of several.

    What format 1 did not record stays absent. Fields that do not fit are handed on: the reader names them.
    """
    network, selection, composite = fields.get("network"), fields.get("selection"), fields.get("composite")
    upgraded = {name: value for name, value in fields.items() if name not in ("network", "selection", "composite")}
    name = network.get("name", "") if isinstance(network, dict) else ""
    if isinstance(network, dict):
        network = network | {"architecture": name, "methods": {_method(composite): composite}}
    if isinstance(selection, dict):
        selection = selection | {"network": name}
    stimuli = fields.get("stimuli")
    if isinstance(stimuli, list):
        stimuli = [_stimulus(stimulus, network=name, method=_method(composite)) for stimulus in stimuli]
    return upgraded | {"format_version": 2, "networks": [network], "selections": [selection], "stimuli": stimuli}


def _method(composite: Any) -> str:
    """The name at the head of format 1's description of its composite."""
    return str(composite).partition(";")[0]


def _stimulus(fields: Any, *, network: str, method: str) -> Any:
    if not isinstance(fields, dict) or not isinstance(fields.get("renditions"), list):
        return fields
    renditions = [
        rendition | {"method": method, "form": "soft-mask"}
        if isinstance(rendition, dict) and rendition.get("mask") in _OLDEST_MASKS
        else rendition
        for rendition in fields["renditions"]
    ]
    return fields | {"network": network, "renditions": renditions}
