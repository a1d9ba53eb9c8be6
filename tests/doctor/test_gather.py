"""Facts are gathered side by side: one that hangs, or goes wrong, is a trouble of its own."""

import threading

import pytest

from bgp2vpc.config.model import Bgp, Config
from bgp2vpc.doctor.facts.gather import Fact, exabgp_written, read_prefix_lists
from bgp2vpc.doctor.model import PREFIX_LISTS, Trouble
from bgp2vpc.errors import Denied, MetadataError
from bgp2vpc.vpc.prefix_lists import PrefixListRef
from tests.memory_vpc import MemoryVpc
from tests.values import rule
from tests.waiting import PATIENCE


def test_a_fact_that_is_known() -> None:
    assert Fact(lambda: 7).known() == 7


def test_one_that_hangs_is_left_hanging() -> None:
    over = threading.Event()
    slow, quick = Fact(over.wait), Fact(lambda: "quick")
    assert slow.known(0.1) == Trouble("no answer within 0.1 s")
    assert quick.known(PATIENCE) == "quick"
    over.set()


@pytest.mark.parametrize("error", [MetadataError("away"), OSError("away"), ValueError("away"), KeyError("away")])
def test_one_that_goes_wrong_says_why(error: Exception) -> None:
    def gather() -> int:
        raise error

    known = Fact(gather).known()
    assert isinstance(known, Trouble)
    assert (known.why, known.error) == (str(error), error)


def test_a_prefix_list_whose_entries_may_not_be_read_stays_known_so_that_the_calls_are_rehearsed() -> None:
    vpc, denied = MemoryVpc(), Denied("GetManagedPrefixListEntries", "UnauthorizedOperation", "no")
    vpc.add_prefix_list("pl-1", name="anycast")
    vpc.fail_next("GetManagedPrefixListEntries", denied)
    troubles: dict[str, Trouble] = {}
    given = Config(file="f.yaml", rules=(rule(prefix_list=PrefixListRef(name="anycast")),))
    found = read_prefix_lists(given, vpc, troubles)
    assert found is not None
    assert found["pl-1"].entries is None
    assert troubles == {PREFIX_LISTS: Trouble(str(denied), denied)}


def test_what_exabgps_file_lacks_is_put_down_to_the_vpc_that_could_not_be_read() -> None:
    config = Config(file="f.yaml", bgp=Bgp(asn=64513))
    assert exabgp_written(config, Trouble("denied"), is_own=True) == (
        Trouble("the VPC could not be read (see credentials)")
    )
