"""What a question is, and the register of all."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.cloud.ec2_battery.lab import Lab

Ask = Callable[[Lab], None]


@dataclass(frozen=True, slots=True)
class Question:
    """One behaviour of EC2's. `ask` returns if the endpoint has it; anything it raises means no."""

    name: str
    text: str
    ask: Ask
    subject: str

    @staticmethod
    def of(subject: str) -> list["Question"]:
        """Those of the module of this name, in its order."""
        return [asked for asked in _register.values() if asked.subject == subject]


_register: dict[str, Question] = {}


def question(name: str, text: str) -> Callable[[Ask], Ask]:
    """Register the function as the question of this name. Raises ValueError if there is one already."""

    def register(ask: Ask) -> Ask:
        if name in _register:
            raise ValueError(f"two questions named {name}: in {_register[name].subject} and in {ask.__module__}")
        _register[name] = Question(name, text, ask, ask.__module__)
        return ask

    return register
