"""Splits a stream of bytes into lines, in bounded memory. `tee` uses it, too, so it imports nearly nothing."""

from bgp2vpc.exabgp_api import MAX_LINE


class LineSplitter:
    """Buffers bytes until a line is complete, at most `limit` of them."""

    __slots__ = ("_kept", "_limit", "_skipping")

    def __init__(self, limit: int = MAX_LINE) -> None:
        self._limit = limit
        self._kept = bytearray()
        self._skipping = False

    @property
    def unfinished(self) -> bytes:
        """The bytes of a line whose end has not come yet."""
        return bytes(self._kept)

    def feed(self, data: bytes) -> list[bytes | None]:
        """The lines that `data` completes, without their line ends (LF or CR LF).

        None stands for a line over the limit, as soon as it exceeds it; the rest of that line is skipped.
        """
        found: list[bytes | None] = []
        *ended, rest = data.split(b"\n")
        for piece in ended:
            self._keep(piece, found)
            if not self._skipping:
                found.append(bytes(self._kept).removesuffix(b"\r"))
            self._kept.clear()
            self._skipping = False
        self._keep(rest, found)
        return found

    def _keep(self, piece: bytes, found: list[bytes | None]) -> None:
        if self._skipping:
            return
        self._kept += piece
        if len(self._kept) > self._limit:
            self._kept.clear()
            self._skipping = True
            found.append(None)
