"""What a recipe says that its network takes."""

from pydantic import ValidationError

from earshot.errors import RecipeError, describe_validation
from explainer.networks.architectures import get_architecture
from explainer.networks.inputs import NetworkInput
from explainer.sections.network import NetworkSection


def declared_input(section: NetworkSection) -> NetworkInput:
    """What the network of a recipe takes: its architecture's input, or the one declared for a network brought.

    Raises
    ------
    RecipeError
        If the declared input is none.
    """
    if section.architecture is not None:
        return get_architecture(section.architecture).input
    try:
        return NetworkInput.model_validate(section.input)
    except ValidationError as fault:
        raise RecipeError(f"network.input: {describe_validation(fault, whole='network.input')}") from fault
