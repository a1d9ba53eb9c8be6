"""The socket, with real clients on it."""

import asyncio
import errno
import grp
import json
import os
import pwd
import socket
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest
from source_kit import Recorder, run

from bgp2vpc.errors import Bgp2vpcError
from bgp2vpc.exabgp_api.command import Command
from bgp2vpc.sources.client import Answered, BadAnswer, ask, questions
from bgp2vpc.sources.server import SocketError, SocketServer, SocketSettings, serve
from bgp2vpc.sources.session import Reply
from bgp2vpc.sources.unix import SocketPeer, SocketTimeout, connect, listen_at
from tests.waiting import PATIENCE

pytestmark = pytest.mark.io

ROOT = Path(__file__).parents[2]
SAY = "announce route 192.0.2.1/32 next-hop self"


def status(words: Sequence[str], _: SocketPeer) -> str:
    return json.dumps({"sources": []} | ({"words": list(words)} if words else {}))


def broken(_: Sequence[str], __: SocketPeer) -> str:
    raise Bgp2vpcError("not now")


SEVEN = SocketSettings(restart_time=7)


@asynccontextmanager
async def serving(path: Path, listener: Recorder, max_clients: int = 128) -> AsyncIterator[SocketServer]:
    questions = {"status": status, "broken": broken}
    settings = SocketSettings(restart_time=7, max_clients=max_clients)
    server = await serve(path, listener, settings, questions=questions, reserved=("dns",))
    try:
        yield server
    finally:
        await server.stop()


def names_in(directory: Path) -> list[str]:
    return sorted(entry.name for entry in directory.iterdir())


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def group_of(path: Path) -> int:
    return path.stat().st_gid


class Client:
    """A connection that says lines and reads answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, path: Path) -> "Client":
        return cls(*await asyncio.open_unix_connection(path))

    async def say(self, line: str) -> str:
        self.writer.write(f"{line}\n".encode())
        return await self.answer()

    async def answer(self) -> str:
        return (await self.reader.readline()).decode().rstrip("\n")

    def hang_up(self) -> None:
        self.writer.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "s.sock"


def test_a_client_speaks_as_a_script_does(path: Path):
    async def story() -> None:
        listener = Recorder()
        async with serving(path, listener):
            client = await Client.to(path)
            assert [await client.say(line) for line in (SAY, "nonsense", SAY)] == ["done", "error", "done"]
            client.hang_up()
            await listener.until("client-1 closed, hold 7")
            assert listener.log[:2] == ["client-1 opened (client)", f"client-1 said {SAY}"]

    run(story())


def test_who_only_asks_is_no_source(path: Path):
    async def story() -> None:
        listener = Recorder()
        async with serving(path, listener):
            answered = await asyncio.to_thread(ask, path, ["bgp2vpc status", "version"])
            assert json.loads(answered[0].text[0]) == {"sources": []}
            assert [answer.ok for answer in answered] == [True, True]
        assert listener.log == []

    run(story())


def test_a_client_may_give_itself_a_name(path: Path):
    async def story() -> None:
        listener = Recorder()
        async with serving(path, listener):
            client = await Client.to(path)
            assert await client.say("bgp2vpc hello web-1") == "done"
            await client.say(SAY)
            assert listener.log[0] == "web-1 opened (client)"

    run(story())


def test_relays_of_the_same_command_line_stay_relays_under_names_of_their_own(path: Path):
    async def story() -> None:
        listener = Recorder()
        async with serving(path, listener):
            clients = [await Client.to(path) for _ in range(3)]
            for client in clients:
                assert await client.say("bgp2vpc hello tee:dns") == "done"
                await client.say(SAY)
            opened = [line for line in listener.log if "opened" in line]
            assert opened == ["tee:dns opened (tee)", "tee:dns-2 opened (tee)", "tee:dns-3 opened (tee)"]

    run(story())


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("dns", "'dns' is the name of another source"),
        ("api", "'api' is the name of another source"),
        ("client-7", "'client-7' is the name of another source"),
        ("taken", "another client is called 'taken'"),
        ("a/b", "'a/b' is no name: 1 to 64 letters, digits and _ . : @ -, beginning with a letter or digit"),
    ],
)
def test_a_name_that_cannot_be_had_is_refused_with_the_reason(path: Path, name: str, problem: str):
    async def story() -> None:
        listener = Recorder()
        async with serving(path, listener):
            other = await Client.to(path)
            assert await other.say("bgp2vpc hello taken") == "done"
            client = await Client.to(path)
            await client.say("bgp2vpc reasons")
            assert await client.say(f"bgp2vpc hello {name}") == f"error: {problem}"
            assert await client.answer() == "error"
            await client.say(SAY)
            assert listener.log[0] == "client-2 opened (client)"

    run(story())


def test_a_client_gives_up_its_name_to_a_process(path: Path):
    async def story() -> None:
        listener = Recorder()
        async with serving(path, listener) as server:
            web, other = await Client.to(path), await Client.to(path)
            for client, name in ((web, "web"), (other, "other")):
                assert await client.say(f"bgp2vpc hello {name}") == "done"
                assert await client.say(SAY) == "done"
            server.release({"web", "dns"})
            assert await web.answer() == ""
            assert await other.say(SAY) == "done"
            assert [line for line in listener.log if "closed" in line] == ["web closed, hold 7"]

    run(story())


def test_a_name_is_free_again_when_its_client_has_gone(path: Path):
    async def story() -> None:
        listener = Recorder()
        async with serving(path, listener):
            for _ in range(2):
                client = await Client.to(path)
                assert await client.say("bgp2vpc hello tee:dns") == "done"
                await client.say(SAY)
                closed = listener.log.count("tee:dns closed, hold 7")
                client.hang_up()
                await listener.when(lambda closed=closed: listener.log.count("tee:dns closed, hold 7") > closed)

    run(story())


def test_it_is_too_late_for_a_name_once_something_was_announced(path: Path):
    async def story() -> None:
        async with serving(path, Recorder()):
            client = await Client.to(path)
            await client.say("bgp2vpc reasons")
            await client.say(SAY)
            late = "error: too late: paths were announced as 'client-1' already; say this first"
            for line in ("bgp2vpc hello x", "bgp2vpc lasting"):
                assert await client.say(line) == late
                assert await client.answer() == "error"

    run(story())


def test_what_one_shot_clients_announce_outlives_them(path: Path):
    async def story() -> None:
        listener = Recorder()
        async with serving(path, listener):
            for line in (SAY, "withdraw route 192.0.2.1/32"):
                assert (await asyncio.to_thread(ask, path, ["bgp2vpc lasting", line]))[-1] == Answered(True, (), "")
            assert listener.log == ["api opened (client)", f"api said {SAY}", "api said withdraw route 192.0.2.1/32"]
        assert listener.log[-1] == "api closed, hold 7"

    run(story())


def test_ask_tells_the_reason_and_stops_at_the_first_error(path: Path):
    async def story() -> None:
        listener = Recorder()
        async with serving(path, listener):
            answered = await asyncio.to_thread(ask, path, ["announce route 192.0.2.1/24 next-hop self", SAY])
            (answer,) = answered
            assert not answer.ok
            assert "192.0.2.0/24" in answer.error
            assert listener.log == []
            (answer,) = await asyncio.to_thread(ask, path, ["bgp2vpc broken"])
            assert answer == Answered(False, (), "not now")
            (answer,) = await asyncio.to_thread(ask, path, ["bgp2vpc dance"])
            known = "hello NAME, lasting, reasons, status, broken"
            assert answer.error == f"'bgp2vpc dance' is not known; known are: {known}"

    run(story())


def test_a_last_line_that_was_cut_off_does_not_count(path: Path):
    async def story() -> None:
        listener = Recorder()
        async with serving(path, listener):
            client = await Client.to(path)
            client.writer.write(f"bgp2vpc reasons\n{SAY}\nannounce route 192.0.2.0/2".encode())
            client.writer.write_eof()
            *done, reason, error = (await client.reader.read()).decode().splitlines()
            assert (done, error) == (["done", "done"], "error")
            assert "no line end" in reason
            await listener.until(f"client-1 said {SAY}", "client-1 closed, hold 7")

    run(story())


def test_an_over_long_line_is_one_error_and_the_session_goes_on(path: Path):
    async def story() -> None:
        async with serving(path, Recorder()):
            client = await Client.to(path)
            assert await client.say("x" * 200_000) == "error"
            assert await client.say(SAY) == "done"

    run(story())


async def talk_without_end(client: Client) -> None:
    while True:
        client.writer.write(f"bgp2vpc status {'x' * 1000}\n".encode() * 100)
        await client.writer.drain()


def test_a_client_that_never_reads_is_dropped(path: Path):
    async def story() -> None:
        listener = Recorder()
        async with serving(path, listener) as server:
            client = await Client.to(path)
            assert await client.say(SAY) == "done"
            client.writer.transport.pause_reading()
            with pytest.raises(ConnectionError):
                await talk_without_end(client)
            assert server.clients == set()
            await listener.until("client-1 closed, hold 7")

    run(story())


def test_a_client_that_never_reads_its_one_long_answer_is_dropped_after_a_while(path: Path):
    async def story() -> None:
        listener = Recorder()
        server = await serve(path, listener, SEVEN, questions={"status": lambda *_: "x" * 5_000_000})
        server.patience = 0.3
        try:
            client = await Client.to(path)
            assert await client.say(SAY) == "done"
            client.writer.transport.pause_reading()
            client.writer.write(b"bgp2vpc status\n")
            await listener.until("client-1 closed, hold 7")
        finally:
            await server.stop()

    run(story())


def test_a_question_gets_the_words_behind_its_name(path: Path):
    async def story() -> None:
        async with serving(path, Recorder()):
            (answer,) = await asyncio.to_thread(ask, path, ["bgp2vpc status 192.0.2.1/32  b"])
            assert json.loads(answer.text[0])["words"] == ["192.0.2.1/32", "b"]

    run(story())


def test_an_answer_may_be_longer_than_what_may_wait(path: Path):
    async def story() -> None:
        long = "x" * 8 * 1024 * 1024
        server = await serve(path, Recorder(), SEVEN, questions={"status": lambda *_: long})
        try:
            assert await asyncio.to_thread(ask, path, ["bgp2vpc status"]) == [Answered(True, (long,), "")]
        finally:
            await server.stop()

    run(story())


def test_too_many_clients_are_turned_away(path: Path):
    async def story() -> None:
        async with serving(path, Recorder(), max_clients=2):
            clients = [await Client.to(path) for _ in range(2)]
            assert [await client.say(SAY) for client in clients] == ["done", "done"]
            third = await Client.to(path)
            assert await third.answer() == "error: too many clients"
            assert await third.answer() == ""
            with pytest.raises(SocketError, match="the daemon hung up before it answered: too many clients"):
                await asyncio.to_thread(ask, path, ["version"])

    run(story())


def test_stopping_closes_every_session_and_removes_the_socket(path: Path):
    async def story() -> None:
        listener = Recorder()
        async with serving(path, listener) as server:
            client = await Client.to(path)
            await client.say(SAY)
            await server.stop()
            assert listener.log[-1] == "client-1 closed, hold 7"
            assert await client.answer() == ""
            assert names_in(path.parent) == []

    run(story())


@pytest.mark.parametrize("umask", [0o000, 0o137, 0o077])
def test_the_socket_is_for_user_and_group_whatever_the_umask(path: Path, umask: int):
    async def story() -> None:
        path.parent.mkdir()
        before = os.umask(umask)
        try:
            async with serving(path, Recorder()):
                assert mode_of(path) == 0o660
                assert names_in(path.parent) == [path.name]
        finally:
            os.umask(before)

    run(story())


@pytest.mark.parametrize("umask", [0o000, 0o027, 0o137])
def test_the_directory_that_is_made_lets_the_sockets_group_pass(path: Path, umask: int):
    async def story() -> None:
        before = os.umask(umask)
        try:
            async with serving(path, Recorder()):
                assert mode_of(path.parent) == 0o755
        finally:
            os.umask(before)

    run(story())


def test_a_socket_left_behind_is_replaced(path: Path):
    async def story() -> None:
        path.parent.mkdir()
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(os.fspath(path))
        async with serving(path, Recorder()):
            assert (await asyncio.to_thread(ask, path, ["version"]))[0].ok

    run(story())


def test_a_socket_in_use_is_not(path: Path):
    async def story() -> None:
        async with serving(path, Recorder()):
            with pytest.raises(SocketError, match="another process listens there; is bgp2vpc running already"):
                # Asked from a thread: the first server has to accept the question.
                await asyncio.to_thread(lambda: asyncio.run(serve(path, Recorder())))
            assert (await asyncio.to_thread(ask, path, ["version"]))[0].ok

    run(story())


def test_a_successor_keeps_its_socket_when_the_predecessor_stops(path: Path):
    async def story() -> None:
        async with serving(path, Recorder()) as first:
            os.unlink(path)
            async with serving(path, Recorder()):
                await first.stop()
                assert (await asyncio.to_thread(ask, path, ["version"]))[0].ok

    run(story())


def test_a_file_in_the_way_is_left_alone(path: Path):
    async def story() -> None:
        with pytest.raises(SocketError, match="exists and is no socket; move it away or choose another path"):
            await serve(path, Recorder())

    path.parent.mkdir()
    path.write_text("precious")
    run(story())
    assert path.read_text() == "precious"


def test_a_path_too_long_for_a_socket_is_refused(tmp_path: Path):
    async def story() -> None:
        with pytest.raises(SocketError, match="longer than the 107 bytes a socket's path may have"):
            await serve(tmp_path / ("x" * 120), Recorder())

    run(story())


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path):
    async def story() -> None:
        (tmp_path / "file").touch()
        with pytest.raises(SocketError, match=r"cannot make the socket: Not a directory: .*/file$"):
            await serve(tmp_path / "file" / "s.sock", Recorder())

    run(story())


def test_who_may_not_use_the_socket_or_make_it_is_told_who_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Root may do everything, so that the system's refusal is made here."""
    (tmp_path / "s").touch()
    group = grp.getgrgid((tmp_path / "s").stat().st_gid).gr_name

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("socket.socket.connect", refuse)
    with pytest.raises(
        SocketError, match=f"permission denied; .* root, the daemon's user, and members of the group {group}"
    ):
        ask(tmp_path / "s", ["version"])
    monkeypatch.setattr("socket.socket.bind", refuse)
    with pytest.raises(
        SocketError, match="Permission denied; start the daemon by its unit or as root, or set `socket:`"
    ):
        listen_at(tmp_path / "t.sock", 0o660)


def test_asking_where_nobody_listens_says_so(tmp_path: Path):
    with pytest.raises(SocketError, match="no such socket; is bgp2vpc running"):
        ask(tmp_path / "s", ["version"])
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(os.fspath(tmp_path / "s"))
        with pytest.raises(SocketError, match="nobody listens there"):
            ask(tmp_path / "s", ["version"])


def test_where_nobody_is_accepted_any_more_that_is_said(tmp_path: Path):
    path = tmp_path / "s.sock"
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as waiting:
        listening.bind(str(path))
        listening.listen(0)
        waiting.connect(str(path))
        with pytest.raises(SocketError, match="too many others want to connect; try again"):
            connect(path, timeout=0.1)


def test_a_daemon_that_does_not_answer_is_not_waited_for_for_ever(tmp_path: Path):
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(os.fspath(tmp_path / "s"))
        mute.listen()
        with pytest.raises(
            SocketTimeout, match=r"no answer from the daemon within 0\.1 s: it hangs, is stopped, or waits"
        ):
            ask(tmp_path / "s", ["version"], timeout=0.1)


# Too much


def test_a_question_is_told_who_asks(path: Path):
    async def story() -> None:
        server = await serve(path, Recorder(), SEVEN, questions={"who": lambda _, peer: str(peer)})
        try:
            (answer,) = await asyncio.to_thread(ask, path, ["bgp2vpc who"])
        finally:
            await server.stop()
        known = f"uid {os.getuid()}, pid {os.getpid()}"
        assert answer.text[0] in (known, f"{pwd.getpwuid(os.getuid()).pw_name} ({known})")

    run(story())


def test_who_is_no_user_of_this_host_has_no_name():
    assert str(SocketPeer(pid=7, uid=2**31 - 5, gid=0)) == "uid 2147483643, pid 7"


def test_the_group_of_the_configuration_may_use_the_socket(path: Path):
    async def story() -> None:
        group = grp.getgrgid(os.getgid()).gr_name
        server = await serve(path, Recorder(), SocketSettings(restart_time=7, group=group))
        try:
            assert (group_of(path), mode_of(path)) == (os.getgid(), 0o660)
        finally:
            await server.stop()
        with pytest.raises(SocketError, match="there is no group 'no-such-group' on this host"):
            await serve(path, Recorder(), SocketSettings(restart_time=7, group="no-such-group"))
        assert names_in(path.parent) == []

    run(story())


def test_among_too_many_the_one_that_was_silent_for_longest_makes_room(path: Path):
    async def story() -> None:
        async with serving(path, Recorder(), max_clients=3):
            source = await Client.to(path)
            assert await source.say(SAY) == "done"
            silent, asker = await Client.to(path), await Client.to(path)
            assert await asker.say("version") != ""
            newcomer = await Client.to(path)
            reason = "error: too many clients; this one was idle for longest, and is dropped"
            assert [await silent.answer(), await silent.answer()] == [reason, ""]
            assert [await newcomer.say(SAY), await source.say(SAY)] == ["done", "done"]

    run(story())


def test_of_a_thousand_clients_at_once_those_who_announce_are_heard(path: Path, caplog: pytest.LogCaptureFixture):
    async def story() -> None:
        listener = Recorder()
        async with serving(path, listener) as server:
            source = await Client.to(path)
            assert await source.say(SAY) == "done"
            flood = [await Client.to(path) for _ in range(1000)]
            assert [await source.say(SAY) for _ in range(20)] == ["done"] * 20
            assert len(server.clients) <= 128
            (answer,) = await asyncio.to_thread(ask, path, ["bgp2vpc status"])
            assert answer.ok
            for each in flood:
                each.hang_up()

    run(story())
    assert len([each for each in caplog.records if "too many clients" in each.message]) < 50


def slow(_: Sequence[str], __: SocketPeer) -> str:
    """A question that costs much: the status of many routes."""
    until = time.perf_counter() + 0.003
    while time.perf_counter() < until:
        pass
    return "x" * 1000


GARBAGE = [
    pytest.param(b"bgp2vpc slow\n" * 20_000, id="questions"),
    pytest.param(b"\xff\x00 announce route\n" * 20_000, id="no text"),
    pytest.param(b"announce route 192.0.2.300/32 next-hop self\n" * 20_000, id="wrong lines"),
    pytest.param(b"\n" * 1_000_000, id="empty lines"),
    pytest.param(b"x" * 5_000_000, id="one line without end"),
    pytest.param(b"announce route 192.0.2.9/32 next-hop self\n" * 20_000, id="announcements"),
]


@pytest.mark.parametrize("data", GARBAGE)
@pytest.mark.parametrize("reads", [True, False])
def test_among_ten_clients_that_send_garbage_without_end_an_announcement_is_heard(path: Path, data: bytes, reads: bool):
    async def send(client: Client) -> None:
        if not reads:
            client.writer.transport.pause_reading()
        with suppress(ConnectionError):
            while True:
                client.writer.write(data)
                await client.writer.drain()

    async def read(client: Client) -> None:
        with suppress(ConnectionError):
            while reads and await client.reader.read(65536):
                pass

    async def story(server_path: Path) -> None:
        source = await Client.to(server_path)
        assert await source.say(SAY) == "done"
        senders = [await Client.to(server_path) for _ in range(10)]
        tasks = [asyncio.create_task(do(sender)) for sender in senders for do in (send, read)]
        for _ in range(20):
            async with asyncio.timeout(PATIENCE):
                assert await source.say(SAY) == "done"
            await asyncio.sleep(0.01)  # for them
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    with a_server_of_its_own(path):
        run(story(path))


@contextmanager
def a_server_of_its_own(path: Path) -> Iterator[None]:
    """In another process, as in life, so that who sends and who serves do not share an event loop."""
    code = (
        "import asyncio, sys; sys.path[:0] = ['tests/sources']; import test_server\n"
        "async def main():\n"
        f"    path = test_server.Path({str(path)!r})\n"
        "    await test_server.serve(path, test_server.Mute(), test_server.SEVEN,"
        " questions={'slow': test_server.slow})\n"
        "    print('up', flush=True); await asyncio.sleep(3600)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"up\n"
            yield
        finally:
            process.kill()


class Mute(Recorder):
    """Takes everything, and remembers nothing."""

    def said(self, source: str, command: Command) -> Reply:
        return Reply.to(command)


def test_the_answers_of_a_client_come_in_the_order_of_its_lines(path: Path):
    async def story() -> None:
        async with serving(path, Recorder()):
            client = await Client.to(path)
            client.writer.write(
                b"version\nbgp2vpc reasons\nbgp2vpc status a\nbgp2vpc broken\nversion\nbgp2vpc status b\n"
            )
            client.writer.write_eof()
            lines = (await client.reader.read()).decode().splitlines()
            assert [line for line in lines if not line.startswith("bgp2vpc")] == [
                "done", "done", '{"sources": [], "words": ["a"]}', "done", "error: not now", "error", "done",
                '{"sources": [], "words": ["b"]}', "done",
            ]  # fmt: skip

    run(story())


def test_a_question_that_is_refused_or_is_answered_in_words_is_an_error_that_says_so(path: Path) -> None:
    def in_words(_: Sequence[str], __: SocketPeer) -> str:
        return "hello"

    async def scenario() -> None:
        server = await serve(path, Recorder(), SEVEN, questions={"status": status, "broken": broken, "old": in_words})
        try:
            assert await asyncio.to_thread(questions, path, "status", "status x") == [
                {"sources": []}, {"sources": [], "words": ["x"]}
            ]  # fmt: skip
            with pytest.raises(BadAnswer, match="not now"):
                await asyncio.to_thread(questions, path, "broken", "status")
            with pytest.raises(BadAnswer, match="the answer to `bgp2vpc old` is no JSON"):
                await asyncio.to_thread(questions, path, "status", "old")
        finally:
            await server.stop()

    run(scenario())
