"""What the soak (`make soak`) judges, and its report: values in, complaints out."""

from pathlib import Path

from benchmarks.soak.judge import Minute, Sample, growth, misplaced, trespasses, turns
from benchmarks.soak.report import Report, by_fault, summary
from bgp2vpc.demo.cloud.values import CloudCall

A, B = "192.0.2.1/32", "192.0.2.2/32"


def write(caller: str, prefix: str = A, status: int = 200) -> CloudCall:
    parameters = {"RouteTableId": "rtb-1", "DestinationCidrBlock": prefix}
    return CloudCall("ReplaceRoute", parameters, caller, 1.0, 2.0, status)


def samples(*memory: float) -> list[Sample]:
    """One each second."""
    return [Sample(float(at), each, 20) for at, each in enumerate(memory)]


def test_a_route_has_to_be_at_a_host_that_announces_it_and_nowhere_if_none_does() -> None:
    offered = {"eni-1": {A}, "eni-2": {A, B}}
    assert misplaced({"rtb-1": {A: "eni-1", B: "eni-2"}}, offered, [A, B]) == []
    assert misplaced({"rtb-1": {A: "eni-2", B: "eni-1"}}, offered, [A, B]) == [
        "rtb-1 192.0.2.2/32: goes to eni-1, who has withdrawn it"
    ]
    assert misplaced({"rtb-1": {B: "eni-2"}}, offered, [A, B]) == [
        "rtb-1 192.0.2.1/32: no route, although eni-1 and eni-2 announce it"
    ]
    assert misplaced({"rtb-1": {A: "igw-1"}}, {"eni-1": set()}, [A]) == []


def test_many_changes_of_the_writer_are_a_fight_and_refused_writes_are_none() -> None:
    assert turns([write(each) for each in "ababa"]) == []
    assert turns([write(each) for each in "ababab"]) == ["rtb-1 192.0.2.1/32: 5 changes of writer"]
    assert turns([write("a"), *(write(each, status=503) for each in "babab")]) == []


def test_a_write_of_another_route_is_a_trespass_even_if_it_is_refused() -> None:
    assert trespasses([write("i-1"), write("i-1", B, status=400)], [A]) == ["i-1: ReplaceRoute rtb-1 192.0.2.2/32"]


def test_memory_that_grows_until_the_end_is_told_from_what_the_start_takes() -> None:
    def megabytes(sample: Sample) -> float:
        return sample.memory_mb

    assert growth(samples(*range(10), *[10.0] * 50), megabytes, 10.0) == 0.0
    assert growth(samples(*range(60)), megabytes, 10.0) == 40.0
    assert growth(samples(1.0, 9.0), megabytes, 1.0) is None


def test_the_growth_is_judged_from_the_first_fault_that_comes_again() -> None:
    def growths(*faults: str) -> dict[str, float]:
        minutes = [Minute(fault, "host-2", 10.0 * at, 1.0, 0.0, 0) for at, fault in enumerate(faults)]
        report = Report("", [], {"host-2": samples(*[50.0] * 18, *[60.0] * 22, *[70.0] * 20)}, minutes)
        return {figure.name.split()[2]: figure.samples[0] for figure in summary(report) if "growth" in figure.name}

    assert growths("killed", "flood", "flood") == {"memory": 10.0, "descriptors": 0}
    assert growths("killed", "killed", "flood") == {"memory": 20.0, "descriptors": 0}
    assert growths("killed", "flood") == {}


def test_a_report_is_the_same_when_it_is_read_and_gives_the_figures(tmp_path: Path) -> None:
    minutes = [Minute("link cut", "host-1", 0.0, 3.0, 2500.0, 250), Minute("disk full", "host-2", 60.0, None, 0.0, 0)]
    report = Report("2 minutes", ["60 s: not well"], {"host-2": samples(*[50.0] * 60)}, minutes, {"host-1": 1_500_000})
    report.write(tmp_path / "soak")
    assert Report.read(tmp_path / "soak") == report
    assert "| 60 s | disk full | host-2 | never | 0 ms | 0 |" in (tmp_path / "soak.md").read_text()
    failed = [figure.name for figure in summary(report) if figure.failed]
    assert failed == ["what was wrong", "log of a host"]
    assert [figure.name for figure in by_fault(minutes, ["link cut", "disk full"])] == [
        "link cut: all is well after", "link cut: gap of a client", "link cut: lost",
    ]  # fmt: skip
