"""SIGHUP while a helper still reads its file: what was read may be older than what is to be read."""

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Any

from bgp2vpc.config.load import load
from bgp2vpc.config.model import Config
from bgp2vpc.helper import Helper

RULES = "routetables: {private: {find: {type: main}, accept: [192.0.2.53/32]}}"


def test_a_file_that_was_being_read_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "bgp2vpc.yaml"
    file.write_text(f"poll_time: 1\nsocket: none\n{RULES}\n")
    helper: Any = None

    def slowly() -> Config:
        config = load(file)
        if config.poll_time == 1:
            file.write_text(f"poll_time: 2\nsocket: none\n{RULES}\n")
            os.kill(os.getpid(), signal.SIGHUP)
            while not helper._try_again.is_set():
                time.sleep(0.01)
        return config

    async def start() -> Config:
        nonlocal helper
        helper = Helper(None, slowly, None)
        return await helper._usable_config()

    assert asyncio.run(start()).poll_time == 2
