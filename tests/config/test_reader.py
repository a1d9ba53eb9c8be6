"""The configuration is read in a child at the start: the same values, the same mistakes, and nothing is kept of it."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from bgp2vpc.config.load import load
from bgp2vpc.config.reader import ConfigReader
from bgp2vpc.errors import ConfigError

pytestmark = pytest.mark.io

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
VALID = [*EXAMPLES, *sorted((ROOT / "tests/config/data").glob("valid-*.yaml"))]
BEGIN = "import os, signal, sys; from bgp2vpc.config.reader import ConfigReader; reader = ConfigReader(sys.argv[1])\n"
needs_two_cores = pytest.mark.skipif(len(os.sched_getaffinity(0)) == 1, reason="with one core there is no child")
SAME = "\nfrom bgp2vpc.config.load import load; assert found == load(sys.argv[1]), found\n"


def in_a_new_process(code: str, file: Path = EXAMPLES[0]) -> None:
    """In this process the modules of the child are imported already, so that there would be none."""
    done = subprocess.run([sys.executable, "-c", BEGIN + code, file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("file", VALID, ids=lambda file: file.stem)
def test_every_value_of_a_file_survives_the_way_from_the_child(file: Path) -> None:
    config = load(file)
    assert pickle.loads(pickle.dumps(config)) == config


@needs_two_cores
def test_what_the_child_hands_over_is_what_the_file_has_and_a_daemon_loads_no_schema() -> None:
    in_a_new_process(
        "import bgp2vpc.helper, bgp2vpc.vpc.aws.ec2, bgp2vpc.vpc.aws.imds; found = reader.config(); "
        "assert not {'pydantic', 'yaml', 'bgp2vpc.config.load'} & set(sys.modules), sys.modules" + SAME
    )


@needs_two_cores
def test_mistakes_are_those_that_the_file_has(tmp_path: Path) -> None:
    file = tmp_path / "bgp2vpc.yaml"
    file.write_text("routetables: {private: {find: {type: by_tg}}}\npoll_time: often\n")
    with pytest.raises(ConfigError) as wrong:
        load(file)
    assert len(wrong.value.problems) > 1
    code = f"""
from bgp2vpc.errors import ConfigError
try:
    sys.exit(f"no error, but {{reader.config()}}")
except ConfigError as error:
    assert repr(error.problems) == {repr(wrong.value.problems)!r}, error
    assert error.file == sys.argv[1]
assert 'pydantic' not in sys.modules
"""
    in_a_new_process(code, file)


@needs_two_cores
def test_without_an_answer_of_the_child_the_file_is_read_here() -> None:
    in_a_new_process("os.kill(reader._child[0], signal.SIGKILL); found = reader.config()" + SAME)


def test_where_no_child_can_be_had_the_file_is_read_here() -> None:
    code = """
def fork():
    raise BlockingIOError

os.fork = fork
before = os.listdir('/proc/self/fd')
second = ConfigReader(sys.argv[1])
assert os.listdir('/proc/self/fd') == before
found = second.config()
assert reader.config() == found
"""
    in_a_new_process(code + SAME)


@needs_two_cores
def test_the_child_does_not_keep_exabgps_pipes_open() -> None:
    """If we end before it does, ExaBGP sees that at once."""
    code = """
import time
gate = os.pipe()

class Gate:
    def find_spec(self, name, path=None, target=None):
        if name == 'pydantic':
            os.read(gate[0], 1)

sys.meta_path.insert(0, Gate())
reader = ConfigReader(sys.argv[1])
null = os.stat('/dev/null')
while not all(os.path.samestat(os.stat(f'/proc/{reader._child[0]}/fd/{each}'), null) for each in (0, 1, 2)):
    time.sleep(0.01)
os.write(gate[1], b'.')
found = reader.config()
sys.meta_path.pop(0)
"""
    in_a_new_process(code + SAME)


def test_who_has_the_schema_already_needs_no_child() -> None:
    reader = ConfigReader(str(EXAMPLES[0]))
    assert reader._child is None
    assert reader.config() == load(EXAMPLES[0])


@needs_two_cores
def test_with_one_core_the_file_is_read_here() -> None:
    code = "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); second = ConfigReader(sys.argv[1]); "
    in_a_new_process(
        code + "assert second._child is None; found = second.config(); assert reader.config() == found" + SAME
    )
