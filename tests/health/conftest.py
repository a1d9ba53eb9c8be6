"""Certificates are made once."""

import pytest
from certificates import Authority, make_authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A CA, and the context of a TLS server that it has signed."""
    return make_authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def expired(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The same, of yesterday."""
    return make_authority(tmp_path_factory.mktemp("tls"), age=2)
