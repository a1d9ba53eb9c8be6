import pytest
from source_kit import Recorder, run

from bgp2vpc.exabgp_api.command import Answer, Command
from bgp2vpc.sources.session import Reply, SourceKind, SpeakerSession, as_lines

ANNOUNCE = b"announce route 192.0.2.1/32 next-hop self"


def talk(
    lines: list[bytes | None], *, reasons: bool = False, kind: SourceKind = SourceKind.CLIENT
) -> tuple[list[bytes], list[str]]:
    """The answers to `lines`, and what the listener heard."""
    answers: list[bytes] = []
    heard: list[str] = []

    async def conversation() -> None:
        listener = Recorder()
        session = SpeakerSession("s", kind, listener, reasons=reasons)
        answers.extend(session.feed(line) for line in lines)
        heard.extend(listener.log)

    run(conversation())
    return answers, heard


@pytest.mark.parametrize(
    ("lines", "answers"),
    [
        ([ANNOUNCE], [b"done\n"]),
        ([ANNOUNCE, ANNOUNCE, b"withdraw route 192.0.2.1/32"], [b"done\n", b"done\n", b"done\n"]),
        ([b"announce route 192.0.2.1/24 next-hop self"], [b"error\n"]),
        ([b"# a comment", b""], [b"done\n", b"done\n"]),
        ([b"disable-ack", ANNOUNCE, b"enable-ack", ANNOUNCE], [b"done\n", b"", b"done\n", b"done\n"]),
        ([b"silence-ack", ANNOUNCE, b"enable-ack", ANNOUNCE], [b"", b"", b"done\n", b"done\n"]),
        ([b"silence-ack", b"nonsense"], [b"", b""]),
        ([b"session ack disable", ANNOUNCE, b"session ack enable"], [b"done\n", b"", b"done\n"]),
        ([None, ANNOUNCE], [b"error\n", b"done\n"]),
        ([b"\xff\x00\xfe"], [b"error\n"]),
    ],
)
def test_answers_are_those_of_exabgp(lines: list[bytes | None], answers: list[bytes]):
    assert talk(lines)[0] == answers


def test_the_reply_comes_before_the_answer_even_without_acks():
    (with_ack, _, without_ack), _ = talk([b"version", b"disable-ack", b"version"])
    assert with_ack.endswith(b"\ndone\n")
    assert without_ack + b"done\n" == with_ack


def test_who_asks_for_reasons_gets_them_before_the_error():
    (answer,), _ = talk([b"announce route 192.0.2.1/24 next-hop self"], reasons=True)
    reason, error = answer.decode().splitlines()
    assert reason.startswith("error: ")
    assert "192.0.2.0/24" in reason
    assert error == "error"


def test_an_over_long_line_is_an_error_that_says_so():
    (answer,), _ = talk([None], reasons=True)
    assert answer == b"error: the line is longer than 4096 bytes (max_line); split it into several\nerror\n"


def test_who_says_nothing_that_counts_is_no_source():
    assert talk([b"version", b"# hello", b"nonsense", None])[1] == []


def test_a_source_opens_with_its_first_word_that_counts():
    assert talk([b"version", ANNOUNCE, b"nonsense"])[1] == [
        "s opened (client)",
        f"s said {ANNOUNCE.decode()}",
        "s said nonsense",
    ]


def test_a_line_only_exabgp_has_a_use_for_opens_too():
    assert talk([b"announce watchdog dog"])[1] == ["s opened (client)", "s said announce watchdog dog"]


def test_the_listener_has_the_last_word():
    class Refuser(Recorder):
        def said(self, source: str, command: Command) -> Reply:
            return Reply(Answer.ERROR, "too many\nprefixes", ("a reply",))

    async def conversation() -> None:
        session = SpeakerSession("s", SourceKind.SCRIPT, Refuser(), reasons=True)
        assert session.feed(ANNOUNCE) == b"a reply\nerror: too many prefixes\nerror\n"

    run(conversation())


def test_opening_and_closing_alternate():
    async def conversation() -> None:
        listener = Recorder()
        session = SpeakerSession("s", SourceKind.SCRIPT, listener)
        session.close(hold=5)
        session.open()
        session.open()
        session.close(hold=5)
        session.close(hold=5)
        session.feed(ANNOUNCE)
        assert listener.log == [
            "s opened (script)",
            "s closed, hold 5",
            "s opened (script)",
            f"s said {ANNOUNCE.decode()}",
        ]

    run(conversation())


def test_what_is_not_ascii_is_escaped():
    assert as_lines(["é\u2028x", "two\r\nlines"]) == b"\\xe9 x\ntwo lines\n"


def test_a_wrong_line_of_a_relay_is_heard_by_the_daemon_as_nobody_reads_its_answers():
    assert talk([b"version", b"nonsense"], kind=SourceKind.TEE)[1] == ["s opened (tee)", "s said nonsense"]
    assert talk([b"version", b"nonsense"], kind=SourceKind.CLIENT)[1] == []
