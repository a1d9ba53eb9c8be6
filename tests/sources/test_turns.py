"""Lines of many sources: each gets its turn, and the event loop its own."""

import asyncio

from bgp2vpc.sources.turns import LineQueue, Turns
from tests.virtual_time import VirtualTimeLoop

LINE_TAKES = 0.0005


class Lab:
    """Sources whose lines take half a millisecond each."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.handled: list[str] = []
        self.held: list[str] = []

    def queue(self, name: str, **settings: object) -> LineQueue:
        def handle(line: bytes | None) -> None:
            self.handled.append(f"{name} {line.decode() if line is not None else 'too long'}")
            loop = asyncio.get_running_loop()
            assert isinstance(loop, VirtualTimeLoop)
            loop.stall(LINE_TAKES)

        return LineQueue(
            self.turns, handle, lambda is_held: self.held.append(f"{name} {'held' if is_held else 'read'}"), **settings
        )


def run(story) -> None:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(story())


def numbers(count: int) -> bytes:
    return b"".join(b"%d\n" % number for number in range(count))


def test_what_takes_one_turn_is_handled_at_once():
    async def story() -> None:
        lab = Lab()
        lab.queue("a").feed(b"0\n1\n2")
        assert (lab.handled, lab.held) == (["a 0", "a 1"], [])

    run(story)


def test_one_who_says_much_keeps_nobody_waiting_for_longer_than_a_turn():
    async def story() -> None:
        lab = Lab()
        flood, flood_too, other = lab.queue("flood"), lab.queue("flood too"), lab.queue("other")
        flood.feed(numbers(1000))
        flood_too.feed(numbers(1000))
        assert lab.held == ["flood held", "flood too held"]
        before = len(lab.handled)
        other.feed(b"hello\n")
        assert lab.handled[before:] == ["other hello"]
        other.feed(numbers(6))  # more than one turn's worth: it takes turns, too
        for _ in range(4):
            await asyncio.sleep(0)
        assert "other 5" in lab.handled
        assert len(lab.handled) < before + 30
        for _ in range(2000):
            await asyncio.sleep(0)
        assert [line for line in lab.handled if line.startswith("flood ") and "too" not in line] == [
            f"flood {number}" for number in range(1000)
        ]
        assert sorted(lab.held[-2:]) == ["flood read", "flood too read"]

    run(story)


def test_the_event_loop_is_free_between_turns():
    async def story() -> None:
        lab = Lab()
        lab.queue("flood").feed(numbers(1000))
        most, before = 0, len(lab.handled)
        while len(lab.handled) < 1000:
            await asyncio.sleep(0)
            most, before = max(most, len(lab.handled) - before), len(lab.handled)
        assert most <= 5  # two milliseconds

    run(story)


def test_a_slow_one_waits_for_a_turn_of_its_own():
    async def story() -> None:
        lab = Lab()
        lab.queue("a", is_slow=lambda line: line == b"slow").feed(b"0\nslow\n1\n")
        assert lab.handled == ["a 0"]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert lab.handled == ["a 0", "a slow", "a 1"]

    run(story)


def test_what_is_too_long_is_one_line_and_what_is_forgotten_none():
    async def story() -> None:
        lab = Lab()
        queue = lab.queue("a", limit=10)
        queue.feed(b"x" * 50 + b"\n" + numbers(100))
        queue.clear()
        assert not queue
        await asyncio.sleep(0)
        queue.feed(b"on\n")
        assert lab.handled[0] == "a too long"
        assert lab.handled[-1] == "a on"
        assert len(lab.handled) < 10

    run(story)
