"""The two major versions of ExaBGP in use, as `make setup` installs them."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Exabgp:
    """One major version of ExaBGP as it is installed here."""

    version: str
    programs: Path

    def serve(self, configuration: Path) -> list[str]:
        """The command that runs it."""
        command = [str(self.programs / "exabgp")]
        return [*command, *([] if self.version == "4.2" else ["server"]), str(configuration)]

    def validate(self, configuration: Path) -> list[str]:
        """The command by which it checks a configuration."""
        command = [str(self.programs / "exabgp")]
        return [*command, "--test" if self.version == "4.2" else "validate", str(configuration)]


EXABGP_42 = Exabgp("4.2", ROOT / ".venv-exabgp42/bin")
EXABGP_50 = Exabgp("5.0", ROOT / ".venv/bin")
EXABGPS = (EXABGP_42, EXABGP_50)
