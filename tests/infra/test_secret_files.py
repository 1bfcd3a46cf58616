"""Passwords and keys are read again when their files are replaced; an address is not."""

from pathlib import Path

import pytest

from infra.secret_files import current
from infra.settings import SPECS, read_settings, variable
from tests.support.regulator import write

OLD, NEW = "postgresql://anlyt:one@db:5433/anlyt", "postgresql://other:two@db:5433/anlyt"


def setting(name: str, file: Path) -> str:
    value = getattr(read_settings({f"{variable(name)}_FILE": str(file)}), name)
    assert isinstance(value, str)
    return value


def test_a_replaced_password_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(file := tmp_path / "dsn", OLD.encode())
    dsn = setting("postgres_dsn", file)
    assert (dsn, current(dsn)) == (OLD, OLD)
    write(file, f"{NEW}\n".encode())
    assert (dsn, current(dsn), type(current(dsn))) == (OLD, NEW, str)


@pytest.mark.parametrize("wrong", ["", "nonsense:two", NEW.replace("5433", "5434"), NEW.replace("@db", "@elsewhere")])
def test_an_unusable_file_changes_nothing(wrong: str, tmp_path: Path) -> None:
    write(file := tmp_path / "dsn", OLD.encode())
    dsn = setting("postgres_dsn", file)
    write(file, wrong.encode())
    assert current(dsn) == OLD
    file.unlink()
    assert current(dsn) == OLD
    write(file, NEW.encode())
    assert current(dsn) == NEW


def test_what_is_not_from_a_file_is_unchanged(tmp_path: Path) -> None:
    assert current(OLD) == OLD
    write(file := tmp_path / "key", b"one" * 20)
    key = setting("signing_key", file)
    write(file, b"two" * 20)
    assert current(key) == "one" * 20


def test_keys_of_s3_are_read(tmp_path: Path) -> None:
    write(file := tmp_path / "key", b"one")
    key = setting("s3_secret_key", file)
    write(file, b"two")
    assert current(key) == "two"
    write(file, b"")
    assert current(key) == "two"


def test_every_engines_secret_is_renewed() -> None:
    engines = {"nats_url", "postgres_dsn", "postgres_read_dsn", "clickhouse_dsn", "s3_access_key", "s3_secret_key"}
    assert {name for name, spec in SPECS.items() if spec.is_renewed} == engines
