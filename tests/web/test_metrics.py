"""Metrics are documented, and what is there to copy uses only those that exist."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bgp2vpc.web.metrics import METRICS

ROOT = Path(__file__).parents[2]
DASHBOARD, ALERTS = ROOT / "examples" / "grafana.json", ROOT / "examples" / "alerts.yml"
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
SERIES = {f"{each.name}{suffix}" for each in METRICS for suffix in SUFFIXES[each.kind]}
LABELS = {label for each in METRICS for label in each.labels} | {"instance", "job", "le"}
OTHERS = {"up", "process_cpu_seconds_total", "process_resident_memory_bytes"}


@pytest.mark.io
def test_the_reference_of_metrics_is_what_is_served():
    result = subprocess.run([sys.executable, str(ROOT / "docs" / "generate_metrics.py"), "--check"], check=False)
    assert result.returncode == 0, "run `python docs/generate_metrics.py` and commit docs/metrics.md"


def test_every_help_says_who_says_so():
    for each in METRICS:
        assert re.match(r"(Desired|Fact|Count|Desired and fact|Desired, not installed): ", each.help), each.name
        assert each.help.endswith("."), each.name
        assert each.kind in SUFFIXES, each.name


def expressions_of_the_dashboard() -> list[str]:
    board = json.loads(DASHBOARD.read_text())
    return [target["expr"] for panel in board["panels"] for target in panel["targets"]]


def expressions_of_the_alerts() -> list[str]:
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"]]


def series(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:bgp2vpc|process)_[a-z0-9_]+|\bup\b", expression))


def labels(expression: str) -> set[str]:
    matched = re.findall(r"([a-z_]+)(?:=~|!~|!=|=)\"", expression)
    grouped = re.findall(r"\b(?:by|on|without) \(([^)]*)\)", expression)
    return {*matched, *(name.strip() for names in grouped for name in names.split(","))}


def test_dashboard_and_alerts_use_only_metrics_and_labels_that_exist():
    for expression in (*expressions_of_the_dashboard(), *expressions_of_the_alerts()):
        assert series(expression), expression
        assert series(expression) <= SERIES | OTHERS, expression
        assert labels(expression) <= LABELS, expression


def test_the_dashboard_shows_every_metric_that_has_a_place_there():
    shown = set().union(*map(series, expressions_of_the_dashboard()))
    names = {each.name for each in METRICS if not any(one.startswith(each.name) for one in shown)}
    assert names == {
        "bgp2vpc_build_info", "bgp2vpc_noop", "bgp2vpc_prefixes_not_accepted", "bgp2vpc_source_restarts",
        "bgp2vpc_account_answers", "bgp2vpc_poll_time_seconds", "bgp2vpc_poll_time_members",
        "bgp2vpc_http_refused_connections", "bgp2vpc_check_unknown", "bgp2vpc_event_loop_lag_seconds",
        "bgp2vpc_refused_lines", "bgp2vpc_exabgp_restarts", "bgp2vpc_fallback_usable", "bgp2vpc_prefix_list_entries",
        "bgp2vpc_prefix_list_max_entries", "bgp2vpc_prefix_list_entries_pending",
        "bgp2vpc_config_last_reload_success_timestamp_seconds",
    }  # fmt: skip


def test_panels_have_places_of_their_own():
    board = json.loads(DASHBOARD.read_text())
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_alerts_are_rules_that_prometheus_understands():
    """By promtool (Debian's package `prometheus`) where it is installed; by their form in any case."""
    rules = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}, rule["alert"]
        assert rule["labels"]["severity"] in ("info", "warning", "critical")
        assert rule["expr"].count("(") == rule["expr"].count(")")
    promtool = shutil.which("promtool")
    if promtool:
        result = subprocess.run([promtool, "check", "rules", str(ALERTS)], capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
