"""What the page shows of managed prefix lists."""

import re

from test_attention import status

from bgp2vpc.vpc_status import PrefixListRow
from bgp2vpc.web.page import Pages, Told

ROW = PrefixListRow("pl-1", "<any>", ("a", "b"), 4, 7, 12, 50, 3, 2, 5, 1, 4, "it is <full>")


def shown(*rows: PrefixListRow) -> tuple[str, str]:
    """The section, and the whole page."""
    told = Told(status(prefix_lists=rows), (), (), ())
    pages = Pages()
    parts = pages.parts(told)
    return parts["prefix_lists"], pages.whole(told, parts, ())


def test_a_list_is_a_row_with_what_is_still_to_be_written() -> None:
    section, page = shown(ROW)
    words = re.sub(r"<[^>]+>|\s+", " ", section)
    assert (
        "pl-1 &lt;any&gt; a, b 12 50 2 of 3 tables 5 to add, 1 to remove 4 without room it is &lt;full&gt;"
        in re.sub(" +", " ", words)
    )
    assert 'href="/prefix/pl-1"' in section
    assert "<h2>Prefix lists</h2>" in page


def test_without_lists_there_is_no_section() -> None:
    section, page = shown()
    assert section == ""
    assert "<h2>Prefix lists</h2>" not in page
