from pathlib import Path

from infra.embedded.log import MAX_BYTES, begin, tail


def test_only_lines_of_this_start_are_shown(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    assert begin(log) == 0
    log.write_text("old\n")
    start = begin(log)
    assert tail(log, start) == ""
    log.write_bytes(b"old\nnew \xff\n" + b"\n")
    assert tail(log, start) == "\n  new \ufffd\n  "


def test_the_last_lines_are_shown(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    log.write_text("".join(f"line {number}\n" for number in range(100_000)))
    assert tail(log, 0, 2) == "\n  line 99998\n  line 99999"


def test_a_log_grown_too_large_is_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    with log.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert begin(log) == 0
    assert log.stat().st_size == 0
    assert (tmp_path / "engine.log.1").stat().st_size == MAX_BYTES + 1
