"""Pages that are kept: the ones used last, within a number of bytes."""

from graph.web.kept import KeptPages


def test_the_pages_used_last_are_kept() -> None:
    kept = KeptPages(most=10)
    kept.put("a", b"aaaa")
    kept.put("b", b"bbbb")
    assert kept.get("a") == b"aaaa"
    kept.put("c", b"cccc")
    assert [kept.get(tag) for tag in "abc"] == [b"aaaa", None, b"cccc"]


def test_a_page_is_kept_once() -> None:
    kept = KeptPages(most=10)
    for _ in range(3):
        kept.put("a", b"aaaa")
    kept.put("b", b"bbbb")
    assert [kept.get(tag) for tag in "ab"] == [b"aaaa", b"bbbb"]


def test_a_page_that_is_too_large_drops_no_other() -> None:
    kept = KeptPages(most=10)
    kept.put("a", b"aaaa")
    kept.put("b", b"b" * 11)
    assert [kept.get(tag) for tag in "ab"] == [b"aaaa", None]


def test_nothing_has_no_tag() -> None:
    assert KeptPages().get(None) is None
