"""Quantiles of samples, and the picture of their distribution."""

from fractions import Fraction
from random import Random
from typing import Final
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.freshness.distribution import QUANTILES, SHARES, TIMES, picture, quantile

SVG: Final = "{http://www.w3.org/2000/svg}"
PATHS: Final = ("report, REST", "query of facts")


@given(st.lists(st.integers(0, 50), max_size=1_200), st.sampled_from(QUANTILES))
def test_a_quantile_is_the_least_sample_that_its_share_does_not_exceed(samples: list[int], share: float) -> None:
    ascending = sorted(map(float, samples))
    value = quantile(ascending, share)
    exact = Fraction(str(share))
    if len(ascending) * (1 - exact) < 1:
        assert value is None
        return
    reached = [each for each in ascending if sum(one <= each for one in ascending) >= exact * len(ascending)]
    assert value == reached[0]


def test_the_picture_has_one_panel_per_load_and_one_line_per_path() -> None:
    random = Random(5)
    panels = {
        load: {path: sorted(random.lognormvariate(-1, 1) for _ in range(500)) for path in PATHS}
        for load in ("idle", "100 events/s", "3,000 <events>/s")
    }
    root = Xml.fromstring(picture(panels))
    texts = [each.text for each in root.iter(f"{SVG}text")]
    assert [text for text in texts if text in panels] == list(panels)
    assert [texts.count(path) for path in PATHS] == [1, 1]
    lines = [each.attrib["d"] for each in root.iter(f"{SVG}path") if "h" not in each.attrib["d"]]
    assert len(lines) == len(panels) * len(PATHS)


def test_lines_fall_until_the_longest_sample() -> None:
    """Samples outside the axes are drawn at their edges. Of ten samples, a tenth is the last share that is known."""
    root = Xml.fromstring(picture({"idle": {"REST": [TIMES[0] / 9, *[0.1] * 8, TIMES[-1] * 9]}}))
    [line] = [each.attrib["d"] for each in root.iter(f"{SVG}path") if "h" not in each.attrib["d"]]
    heights = [float(step.split("H")[0]) for step in line.split("V")[1:]]
    lines = [each.attrib for each in root.iter(f"{SVG}line")]
    shares = [float(each["y1"]) for each in lines if each["y1"] == each["y2"]]
    assert len(shares) == len(SHARES)
    assert heights == sorted(heights)
    assert heights[-1] == pytest.approx(shares[SHARES.index(0.1)], abs=0.1)
    assert float(line.split("H")[-1]) == pytest.approx(max(float(each["x2"]) for each in lines), abs=0.1)
