# SPDX-License-Identifier: GPL-2.0
"""From raw numbers to medians, ratios, a table and a chart.

The raw numbers of a run are one object:

    {"machine": {...}, "cases": [{"name": ..., "rounds": [{SIDE: NUMBERS, ...}, ...]}]}

with one round for each A B, and NUMBERS as rbench prints them, or
{"failed": REASON}.  A ratio is made from the two numbers of one round, and the
ratio that is reported is the median of those: what disturbs the machine for
longer than a round disturbs both.
"""

import dataclasses
import math
import statistics
from xml.sax.saxutils import escape


@dataclasses.dataclass
class Verdict:
    """One goal, and what was measured."""
    goal: object
    ratio: float = None                 # None: not one round has both numbers
    lowest: float = None
    highest: float = None

    def met(self):
        if self.ratio is None:
            return None
        if self.goal.relation == ">=":
            return self.ratio >= self.goal.value
        return self.ratio <= self.goal.value


@dataclasses.dataclass
class Outcome:
    case: object
    medians: dict                       # side: median of the metric, or None
    cpu: dict                           # side: ns of processor time a byte, or us a message
    cpu_unit: str
    verdicts: list
    rounds: int                         # with a number of the first side
    failures: list                      # "side: reason"


def values(rounds, side, metric):
    """The numbers that there are."""
    found = (numbers.get(side, {}).get(metric) for numbers in rounds)
    return [value for value in found if value is not None]


def median(numbers):
    return statistics.median(numbers) if numbers else None


def ratios(rounds, side, rival, metric):
    """Of the rounds that have both."""
    pairs = ((numbers.get(side, {}).get(metric), numbers.get(rival, {}).get(metric))
             for numbers in rounds)
    return [a / b for a, b in pairs if a is not None and b]


def judge(case, rounds, goal):
    first = next(iter(case.sides))
    metric = goal.metric or case.metric
    if goal.rival:
        found = ratios(rounds, first, goal.rival, metric)
    else:
        found = values(rounds, first, metric)
    if not found:
        return Verdict(goal)
    return Verdict(goal, median(found), min(found), max(found))


def assess(case, rounds):
    first = next(iter(case.sides))
    has_bytes = bool(values(rounds, first, "cpu_ns_per_byte"))
    cpu, unit = ("cpu_ns_per_byte", "ns/B") if has_bytes else ("cpu_us_per_message", "us/msg")
    failures = [f"{side}: {numbers['failed']}" for sides in rounds
                for side, numbers in sides.items() if "failed" in numbers]
    return Outcome(case, {side: median(values(rounds, side, case.metric)) for side in case.sides},
                   {side: median(values(rounds, side, cpu)) for side in case.sides}, unit,
                   [judge(case, rounds, goal) for goal in case.goals],
                   len(values(rounds, first, case.metric)), failures)


# ---- numbers for people

UNITS = {"bytes_per_second": ("MB/s", 1e-6), "messages_per_second": ("/s", 1),
         "median_us": ("us", 1)}


def short(number):
    """Three digits that count."""
    if number is None:
        return "n/a"
    if abs(number) >= 100:
        return f"{number:.0f}"
    return f"{number:.2f}" if abs(number) >= 1 else f"{number:.3f}"


def quantity(number, metric):
    unit, factor = UNITS.get(metric, ("", 1))
    return f"{short(None if number is None else number * factor)} {unit}".rstrip()


def spread(verdict):
    if verdict.ratio is None:
        return "n/a"
    return f"{short(verdict.lowest)} to {short(verdict.highest)}"


def goal_text(goal):
    return f"{goal.relation} {goal.value:g} x" if goal.rival else f"{goal.relation} {goal.value:g}"


HEADERS = ["case", "this suite", "compared with", "", "ratio", "lowest to highest", "goal", "met",
           "CPU, ours", "CPU, theirs"]


def rows(outcomes):
    """Cells; a row for each goal."""
    for outcome in outcomes:
        case = outcome.case
        first = next(iter(case.sides))
        for verdict in outcome.verdicts:
            goal = verdict.goal
            if goal.rival:
                theirs = quantity(outcome.medians[goal.rival], case.metric)
                cpu = f"{short(outcome.cpu[goal.rival])} {outcome.cpu_unit}"
                other = goal.rival
            else:
                theirs, cpu, other = "", "", goal.metric.replace("part_of_", "")
            met = {None: "not measured", True: "yes", False: "no"}[verdict.met()]
            yield [case.what, quantity(outcome.medians[first], case.metric), other, theirs,
                   short(verdict.ratio), spread(verdict),
                   goal_text(goal), met, f"{short(outcome.cpu[first])} {outcome.cpu_unit}", cpu]


def markdown_table(outcomes):
    lines = [HEADERS, ["---"] * len(HEADERS), *rows(outcomes)]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def rst_table(outcomes):
    """For Documentation/performance.rst."""
    def line(cells):
        return "".join(f"   {'* -' if number == 0 else '  -'} {cell}".rstrip() + "\n"
                       for number, cell in enumerate(cells))

    return (".. list-table::\n   :header-rows: 1\n\n" +
            "".join(line(cells) for cells in [HEADERS, *rows(outcomes)]))


def machine_text(machine):
    return "".join(f"* {name}: {value}\n" for name, value in machine.items())


def failures_text(outcomes):
    lines = [f"* {outcome.case.name}: {failure}\n" for outcome in outcomes
             for failure in outcome.failures]
    return "\nMeasurements that failed\n\n" + "".join(lines) if lines else ""


def rounds_text(outcomes):
    few = min((outcome.rounds for outcome in outcomes), default=0)
    return f"* rounds (A B) of each case: at least {few}\n"


def markdown(machine, outcomes, chart="report.svg"):
    return (f"# Measurements, side by side\n\n{machine_text(machine)}{rounds_text(outcomes)}\n"
            "Medians of all rounds; a ratio is the median of the ratios of the rounds. CPU is the\n"
            "time for which the processors of the test kernel were busy.\n\n"
            f"{markdown_table(outcomes)}{failures_text(outcomes)}\n![ratios]({chart})\n")


def rst(machine, outcomes):
    return machine_text(machine) + rounds_text(outcomes) + "\n" + rst_table(outcomes)


# ---- the chart: how many times as fast, one bar for each goal against a rival

BAR, GAP, LEFT, WIDTH, TOP = 16, 6, 440, 960, 44
MARKS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]


def speedups(outcomes):
    """Label, how many times as fast, and the goal: less time is more speed."""
    for outcome in outcomes:
        for verdict in outcome.verdicts:
            if not verdict.ratio or not verdict.goal.rival:
                continue
            ratio, goal = verdict.ratio, verdict.goal.value
            if verdict.goal.relation == "<=":
                ratio, goal = 1 / ratio, 1 / goal
            yield f"{outcome.case.what} / {verdict.goal.rival}", ratio, goal


class Scale:
    """Logarithmic: twice and half as fast are bars of the same length."""

    def __init__(self, numbers):
        self.low = max([mark for mark in MARKS if mark <= min([1, *numbers])], default=MARKS[0])
        self.high = min([mark for mark in MARKS if mark >= max([2, *numbers])], default=MARKS[-1])

    def x(self, number):
        number = min(max(number, self.low), self.high)
        part = math.log(number / self.low) / math.log(self.high / self.low)
        return LEFT + part * (WIDTH - LEFT - 60)

    def marks(self):
        return [mark for mark in MARKS if self.low <= mark <= self.high]


def axis(scale, height):
    for mark in scale.marks():
        x = scale.x(mark)
        yield (f'<line x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{height - 8}" '
               f'stroke="{"#444" if mark == 1 else "#ddd"}"/>')
        yield f'<text x="{x:.1f}" y="{TOP - 10}" text-anchor="middle">{mark:g}</text>'


def bar(scale, y, label, ratio, goal):
    start, end = sorted((scale.x(1), scale.x(ratio)))
    colour = "#2b7a4b" if ratio >= goal else "#c2783c"
    right = max(end, scale.x(goal)) + 6
    return [f'<text x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(label)}</text>',
            f'<rect x="{start:.1f}" y="{y}" width="{end - start:.1f}" height="{BAR}" '
            f'fill="{colour}"/>',
            f'<rect x="{scale.x(goal) - 1:.1f}" y="{y - 2}" width="2" height="{BAR + 4}" '
            'fill="#222"/>',
            f'<text x="{right:.1f}" y="{y + 12}">{short(ratio)}</text>']


def svg(outcomes):
    bars = list(speedups(outcomes))
    scale = Scale([number for _, ratio, goal in bars for number in (ratio, goal)])
    height = TOP + len(bars) * (BAR + GAP) + 10
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
             'font-family="DejaVu Sans, sans-serif" font-size="12">',
             f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
             f'<text x="{LEFT}" y="16">times as fast as what stands after the /; '
             'the black mark is the goal</text>', *axis(scale, height)]
    for number, (label, ratio, goal) in enumerate(bars):
        parts += bar(scale, TOP + number * (BAR + GAP), label, ratio, goal)
    return "\n".join([*parts, "</svg>", ""])
