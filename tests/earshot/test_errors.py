import pytest
from pydantic import Field, ValidationError, field_validator

from earshot.errors import EarshotError, describe_validation, run_command
from earshot.files import Strict


class Inner(Strict):
    n_items: int = Field(ge=2)


class Outer(Strict):
    name: str
    inner: Inner

    @field_validator("name")
    @classmethod
    def _check(cls, name: str) -> str:
        if name == "bad":
            raise ValueError("Names are 'good'")
        return name


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "x", "inner": {"n_items": 2}, "nam": 1}, "unknown key 'nam'; take it out or mend its spelling"),
        ({"inner": {"n_items": 2}}, "key 'name' is missing"),
        ({"name": "x", "inner": {"n_items": 1}}, "inner.n_items is 1; input should be greater than or equal to 2"),
        ({"name": "bad", "inner": {"n_items": 2}}, "name: names are 'good'"),
    ],
)
def test_fault_names_place_value_and_what_is_allowed(fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError) as fault:
        Outer.model_validate(fields)
    assert describe_validation(fault.value) == sentence


def test_every_fault_is_named() -> None:
    with pytest.raises(ValidationError) as fault:
        Outer.model_validate({"more": 1})
    assert describe_validation(fault.value).count(";") == 3


def test_command_ends_well() -> None:
    assert run_command(lambda: None) == 0


def test_bad_input_ends_with_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse() -> None:
        raise EarshotError("arm is 'x'; expected one of a, b")

    assert run_command(refuse) == 2
    assert capsys.readouterr().err == "error: arm is 'x'; expected one of a, b\n"


def test_interrupt_ends_with_exit_code_130(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    assert run_command(interrupt) == 130
    assert "nothing half-written" in capsys.readouterr().err


def test_fault_of_ours_is_raised() -> None:
    def fail() -> None:
        raise RuntimeError("ours")

    with pytest.raises(RuntimeError):
        run_command(fail)
