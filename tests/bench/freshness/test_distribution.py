"""Quantiles of samples, and the picture of their distribution."""

from fractions import Fraction
from random import Random
from typing import Final
from xml.etree import ElementTree as Xml

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


def test_lines_fall_from_all_samples_to_the_lowest_share() -> None:
    """Samples outside the axes are drawn at their edges."""
    root = Xml.fromstring(picture({"idle": {"REST": [TIMES[0] / 9, 0.1, TIMES[-1] * 9]}}))
    [line] = [each.attrib["d"] for each in root.iter(f"{SVG}path") if "h" not in each.attrib["d"]]
    heights = [float(step.split("H")[0]) for step in line.split("V")[1:]]
    grid = [float(each.attrib["y1"]) for each in root.iter(f"{SVG}line") if each.attrib["y1"] == each.attrib["y2"]]
    assert len(grid) == len(SHARES)
    assert heights == sorted(heights)
    assert heights[-1] == grid[-1]
