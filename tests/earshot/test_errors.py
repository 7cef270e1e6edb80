import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import Field, ValidationError, field_validator

from earshot.errors import EarshotError, describe_os_error, describe_validation, run_command, validation_faults
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


def test_faults_come_with_their_location_and_without_it_in_the_sentence() -> None:
    with pytest.raises(ValidationError) as fault:
        Outer.model_validate({"name": "bad", "inner": {"n_items": 1, "n": 2}})
    assert validation_faults(fault.value) == [
        (("name",), "names are 'good'"),
        (("inner", "n_items"), "is 1; input should be greater than or equal to 2"),
        (("inner", "n"), "is an unknown key; take it out or mend its spelling"),
    ]


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


def test_a_file_that_cannot_be_written_ends_with_one_line_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(tmp_path.unlink) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: cannot read or write '{tmp_path}': ")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(28, "No space left on device"), "cannot read or write a file: no space left on device;"),
        (OSError(21, "Is a directory", ".aside", None, "data.zip"), "cannot read or write 'data.zip': is a directory;"),
        (OSError("lost"), "cannot read or write a file: lost;"),
        (TimeoutError(), "cannot read or write a file: timeouterror;"),
    ],
)
def test_a_fault_of_the_system_names_the_file_and_the_reason(error: OSError, sentence: str) -> None:
    assert describe_os_error(error).startswith(sentence)


@pytest.mark.parametrize("value", ["x" * 5_000, b"x" * 5_000, list(range(5_000)), [[[[[[[[0]]]]]]]] * 50])
def test_a_long_value_is_shortened(value: object) -> None:
    with pytest.raises(ValidationError) as fault:
        Outer.model_validate({"name": "x", "inner": {"n_items": value}})
    sentence = describe_validation(fault.value)
    assert sentence.startswith("inner.n_items is ")
    shown = sentence.removeprefix("inner.n_items is ").split("; ")[0]
    assert len(shown) <= 80
    assert "…" in shown or "..." in shown


def test_a_body_that_is_no_json_is_named_and_not_repeated() -> None:
    with pytest.raises(ValidationError) as fault:
        Outer.model_validate_json(b'{"name": "secret')
    sentence = describe_validation(fault.value, whole="the body")
    assert sentence.startswith("the body is no JSON: ")
    assert "secret" not in sentence


def test_a_body_that_is_no_object_is_named() -> None:
    with pytest.raises(ValidationError) as fault:
        Outer.model_validate_json(b"[1]")
    assert describe_validation(fault.value, whole="the body").startswith("the body is [1]; ")


def test_a_reader_that_goes_away_ends_a_command_quietly() -> None:
    talkative = "lambda: [print('x' * 1000) for _ in range(1000)] and None"
    code = f"import sys; from earshot.errors import run_command; sys.exit(run_command({talkative}))"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        complaint = process.stderr.read()
    assert (process.returncode, complaint) == (141, "")
