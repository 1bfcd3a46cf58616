"""What keeps people from using a page: axe-core's rules, and controls that the keyboard does not reach.

Both need a view with JavaScript. `page.evaluate` is outside of the page's content security policy.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from playwright.async_api import Page

from tools.node import modules

RUN: Final = """(rules) => axe.run(document, {
  resultTypes: ["violations"],
  ...(rules && { runOnly: { type: "rule", values: rules } }),
})"""
# The rules whose verdict depends on colours and positions, not on the elements and which of them are visible.
OF_LOOKS: Final = ("color-contrast", "link-in-text-block", "scrollable-region-focusable")


async def violations(page: Page, rules: Sequence[str] | None = None) -> Sequence[str]:
    """One line per element that breaks a rule of axe-core: any rule, or one of `rules`."""
    if not await page.evaluate("() => 'axe' in globalThis"):
        await page.evaluate(_axe())
    found = await page.evaluate(RUN, rules)
    return [line for violation in found["violations"] for line in _lines(violation)]


@cache
def _axe() -> str:
    return (modules() / "axe-core" / "axe.min.js").read_text()


def _lines(violation: Mapping[str, Any]) -> Iterator[str]:
    for node in violation["nodes"]:
        reasons = " ".join(node["failureSummary"].split())
        yield f"{violation['id']}: {violation['help']}: {node['target']} {node['html'][:200]}: {reasons}"


# Watches which control has the focus, and how the focus changes what it looks like.
WATCH: Final = """() => {
  const CONTROLS = "a[href], area[href], button, input, select, textarea, summary, [tabindex], [contenteditable=true]";
  const chosen = (radio) => {
    const group = [...document.querySelectorAll("input[type=radio]")].filter((other) => other.name === radio.name);
    return radio === (group.find((other) => other.checked) ?? group[0]);
  };
  const reachable = (control) =>
    control.tabIndex >= 0 && !control.matches(":disabled, input[type=hidden]") && control.checkVisibility() &&
    (control.type !== "radio" || chosen(control));
  const look = (control) => {
    const style = getComputedStyle(control);
    const outline = style.outlineStyle === "none" ? "none" : `${style.outlineStyle} ${style.outlineWidth}`;
    return [outline, style.boxShadow, style.borderColor, style.backgroundColor, style.stroke].join();
  };
  const name = (control) => control.outerHTML.slice(0, 120);
  document.activeElement.blur();
  const controls = [...document.querySelectorAll(CONTROLS)].filter(reachable);
  const before = new Map(controls.map((control) => [control, look(control)]));
  const state = { reached: new Set(), unmarked: [], isRound: false };
  state.missed = () => controls.filter((control) => !state.reached.has(control)).map(name);
  let first;
  document.addEventListener("focusin", ({ target }) => {
    state.isRound ||= target === first;
    first ??= target;
    if (!state.reached.has(target) && before.get(target) === look(target)) state.unmarked.push(name(target));
    state.reached.add(target);
  });
  globalThis.keyboard = state;
  return controls.length;
}"""
IS_ROUND: Final = "() => keyboard.isRound"  # the first control has the focus again
PARTS: Final = 10  # the most places with focus in one control: a field for date and time has six
STEP: Final = 10  # how often Tab is pressed before the page is asked again
REPORT: Final = """() => [
  ...keyboard.missed().map((control) => `Tab does not reach ${control}`),
  ...keyboard.unmarked.map((control) => `the focus is invisible on ${control}`),
]"""


async def keyboard_problems(page: Page) -> Sequence[str]:
    """One line per control that Tab does not reach, or that does not look different with the focus."""
    presses = PARTS * await page.evaluate(WATCH)
    while presses > 0 and not await page.evaluate(IS_ROUND):
        for _ in range(STEP):
            await page.keyboard.press("Tab")
        presses -= STEP
    problems: list[str] = await page.evaluate(REPORT)
    return problems
