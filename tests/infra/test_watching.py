"""What the alarms make of what happens, minute by minute, and what the change log is counted for."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from resolved import Template

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "infra"))

import deploy  # noqa: E402

# Values of a metric, by the minute in which they were told.
Told = dict[int, list[float]]

STATISTICS: dict[str, Callable[[list[float]], float]] = {"Maximum": max, "Minimum": min, "Sum": sum}


def alarm(name: str, **parameters: str) -> dict[str, Any]:
    """An alarm of Usher's stack."""
    properties: dict[str, Any] = Template("template.yaml", parameters).resources("AWS::CloudWatch::Alarm")[name]["Properties"]
    return properties


def states(alarm: dict[str, Any], told: Told, until: int) -> Iterator[bool]:
    """Whether it is raised, each minute: CloudWatch looks that often, at the periods that are over by then.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
    """
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    period, number = alarm["Period"] // 60, int(alarm["EvaluationPeriods"])
    # So long may the periods of an alarm be together, when each has an hour or more; else a day.
    assert period * number <= (7 if period >= 60 else 1) * 24 * 60
    is_raised = False
    for minute in range(until):
        ends = range(minute - (number - 1) * period, minute + 1, period)
        values = [[value for at, some in told.items() if end - period <= at < end for value in some] for end in ends]
        there = [STATISTICS[alarm["Statistic"]](some) for some in values if some]
        if there or alarm["TreatMissingData"] != "ignore":
            breaching = sum(value > alarm["Threshold"] for value in there)
            is_raised = breaching >= alarm.get("DatapointsToAlarm", number)
        yield is_raised


def raised(alarm: dict[str, Any], told: Told, until: int) -> set[int]:
    """The minutes in which it is."""
    return {minute for minute, is_raised in enumerate(states(alarm, told, until)) if is_raised}


@pytest.mark.parametrize("every", deploy.SWEEP_HOURS)
def test_two_sweeps_with_gaps_raise_an_alarm_and_one_does_not(every: int) -> None:
    gaps = alarm("GapsAlarm", SweepOverdueHours=str(deploy.overdue(every)))
    hour = 60
    until = 6 * every * hour
    # At :17, and some minutes to sweep in; the second one takes longer.
    first, second, third = (number * every * hour + minutes for number, minutes in [(1, 20), (2, 55), (3, 20)])
    assert not raised(gaps, {first: [1.0]}, until)
    both = raised(gaps, {first: [1.0], second: [1.0]}, until)
    assert min(both) == second + 1, "as soon as the second one has ended"
    assert max(both) < until - 1, "it ends when two intervals have passed without"
    lasting = {first: [1.0], second: [1.0], third: [1.0]}
    assert set(range(second + 1, third + hour)) <= raised(gaps, lasting, until)


def test_held_revocations_raise_an_alarm_until_a_sweep_holds_none() -> None:
    held = alarm("RevocationsHeldAlarm")
    found, still, gone = 18, 378, 738
    told: Told = {found: [41.0], still: [41.0], gone: [0.0], gone + 360: [0.0]}
    assert raised(held, told, 1500) == set(range(found + 1, gone + 1))
    # Found by an event in the minute in which a sweep ended that had not: the next sweep says which.
    assert raised(held, {found: [0.0, 41.0], still: [0.0]}, 1500) == set(range(found + 1, still + 1))


def test_rejected_rules_raise_an_alarm_until_others_take_force() -> None:
    rejected = alarm("RulesRejectedAlarm")
    assert raised(rejected, {10: [0.0], 100: [1.0], 4000: [0.0]}, 5000) == set(range(101, 4001))
    # Mended at once.
    assert raised(rejected, {10: [0.0], 100: [1.0, 0.0]}, 5000) == set()


# ---- What is counted -----------------------------------------------------------------------------------------------------


def examples() -> dict[str, dict[str, Any]]:
    """The announcements' examples, which another test compares with what is sent."""
    page = (ROOT / "docs" / "announcements.md").read_text()
    found = {}
    for section in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        example = re.search(r"```json\n(.*?)```", section, flags=re.DOTALL)
        if example:
            found[section.split("\n")[0]] = json.loads(example[1])
    return found


def at(event: dict[str, Any], path: str) -> Any:
    """What is there, None when nothing is."""
    value: Any = event
    for key in re.findall(r"[\w-]+", path.removeprefix("$.")):
        if isinstance(value, list):
            value = value[int(key)] if int(key) < len(value) else None
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value


def meets(pattern: str, event: dict[str, Any]) -> bool:
    """As CloudWatch Logs has it, of conditions that all have to be met.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
    """

    def met(condition: str) -> bool:
        if absent := re.fullmatch(r"(\$\S+) NOT EXISTS", condition):
            return at(event, absent[1]) is None
        path, wanted = re.fullmatch(r"(\$\S+) = (.+)", condition).groups()  # type: ignore[union-attr]
        value = at(event, path)
        return isinstance(value, str) if wanted == '"*"' else value == json.loads(wanted)

    return all(met(one.strip().removeprefix("(").removesuffix(")")) for one in pattern.strip("{} ").split("&&"))


def counted(detail_type: str, detail: dict[str, Any]) -> dict[str, float]:
    """What the change log's filters make of an announcement."""
    event = {"detail-type": detail_type, "detail": detail}
    told = {}
    for one in Template("template.yaml").resources("AWS::Logs::MetricFilter").values():
        if meets(one["Properties"]["FilterPattern"], event):
            (metric,) = one["Properties"]["MetricTransformations"]
            value = metric["MetricValue"]
            assert metric["MetricName"] not in told, "told twice"
            assert metric["MetricNamespace"] == "Usher/usher"
            told[metric["MetricName"]] = float(at(event, value) if value.startswith("$") else value)
    return told


def test_announcements_are_counted_by_what_they_say() -> None:
    example = examples()
    finished = example["Sweep Finished"]
    whole = finished | {"gaps": []}
    holding = whole | {"summary": finished["summary"] | {"held": 41}}
    for kind, detail, expected in [
        ("Access Granted", example["Access Granted"], {}),
        ("Change Failed", example["Change Failed"], {"ChangesFailed": 1}),
        ("Gaps Found", example["Gaps Found"], {}),
        ("Revocations Held", example["Revocations Held"], {"RevocationsHeld": 41}),
        ("Rules Activated", example["Rules Activated"], {"RulesRejected": 0}),
        ("Rules Rejected", example["Rules Rejected"], {"RulesRejected": 1}),
        ("Sweep Finished", whole, {"SweepsFinished": 1, "RevocationsHeld": 0}),
        ("Sweep Finished", holding, {"SweepsFinished": 1}),
        # What could not be read may be what is held.
        ("Sweep Finished", finished, {"SweepsFinished": 1, "SweepsWithGaps": 1}),
    ]:
        assert counted(kind, detail) == expected, kind


# ---- What is seen at a glance --------------------------------------------------------------------------------------------


def dashboard(**parameters: str) -> list[dict[str, Any]]:
    """Its widgets."""
    (one,) = Template("template.yaml", parameters).resources("AWS::CloudWatch::Dashboard").values()
    widgets: list[dict[str, Any]] = json.loads(one["Properties"]["DashboardBody"])["widgets"]
    return widgets


@pytest.mark.parametrize("metrics", ["true", "false"])
def test_the_dashboard_has_every_alarm_and_all_that_waits(metrics: str) -> None:
    alarms = Template("template.yaml", {"Metrics": metrics}).resources("AWS::CloudWatch::Alarm")
    (working,) = (one["properties"] for one in dashboard(Metrics=metrics) if one["type"] == "alarm")
    assert sorted(arn.rsplit(":")[-1] for arn in working["alarms"]) == sorted(f"usher-{name}" for name in alarms)
    (waiting,) = (one["properties"] for one in dashboard(Metrics=metrics) if one["properties"]["title"] == "What is waiting?")
    labels = [metric[-1]["label"] for metric in waiting["metrics"]]
    assert labels == ["on the lane", "given up", "lost before the lane", "revocations held"]


def test_the_dashboard_shows_every_metric_that_the_page_tells() -> None:
    rows = re.findall(r"^\| `(\w+)`", (ROOT / "docs" / "metrics.md").read_text(), flags=re.MULTILINE)
    shown = {metric[1] for one in dashboard() for metric in one["properties"].get("metrics", [])}
    assert len(rows) > 10
    assert set(rows) <= shown
