"""An event loop on which ten minutes of waiting cost nothing: when nothing is left to do now, the clock jumps."""

import asyncio
import selectors
from concurrent.futures import Executor


class _JumpingSelector(selectors.DefaultSelector):
    """Looks for real events and waits for them for `grace` real seconds; then the time passes at once."""

    def __init__(self, grace: float) -> None:
        super().__init__()
        self.now = 0.0
        self._grace = grace

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self._grace and timeout is None:
            return super().select(None)
        events = super().select(0 if timeout == 0 else self._grace)
        if not events:
            if timeout is None:
                raise RuntimeError("nothing is left that could ever happen: whoever still waits, waits for ever")
            self.now += max(0.0, timeout)
        return events


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """`time()` is virtual and starts at 1000 s. What goes to an executor runs on this thread instead.

    Where real sockets and processes take part, the time jumps after `grace` real seconds without any event: nobody is
    about to say anything then, however slow the machine. Who looks again and again (`sleep(0)`) makes it stand still.

    A call given to an executor is made `latency / 2` later, and its answer arrives after `latency`, in virtual seconds.
    """

    def __init__(self, latency: float = 0.1, grace: float = 0.0) -> None:
        self._jumping = _JumpingSelector(grace)
        self.latency = latency
        super().__init__(self._jumping)

    def time(self) -> float:
        return 1000.0 + self._jumping.now

    def stall(self, seconds: float) -> None:
        """So long nothing can run: somebody computes, or the process is stopped."""
        self._jumping.now += seconds

    def run_in_executor(self, executor: Executor | None, func, *args) -> asyncio.Future:
        answer = self.create_future()
        self.call_later(self.latency / 2, self._run, answer, func, args)
        return answer

    def _run(self, answer: asyncio.Future, func, args) -> None:
        # As with a thread: a call whose caller gave up is made all the same.
        try:
            result, error = func(*args), None
        except Exception as raised:  # noqa: BLE001  # it is the caller's, and goes to the caller
            result, error = None, raised
        self.call_later(self.latency / 2, _deliver, answer, result, error)


def _deliver(answer: asyncio.Future, result, error: Exception | None) -> None:
    if answer.done():
        return
    if error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(result)
