"""TLS contexts for the probes tcp and https."""

import ssl
from functools import lru_cache

from bgp2vpc.errors import Bgp2vpcError


class UnusableCa(Bgp2vpcError):
    """The configured CA certificates (`ca_pem`) are unusable; the operator has to correct the configuration."""


@lru_cache(maxsize=64)
def tls_context(ca_pem: str | None, verify: bool) -> ssl.SSLContext:
    """A cached context, since reading the system's CAs takes long. `ca_pem`: None for these. Raises UnusableCa."""
    if not verify:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if ca_pem is None:
        return ssl.create_default_context()
    # The ssl module treats an empty text like None and would trust the system's CAs.
    if not ca_pem.strip():
        raise UnusableCa("the CA certificates are empty")
    try:
        return ssl.create_default_context(cadata=ca_pem)
    except (ssl.SSLError, ValueError) as error:
        raise UnusableCa(f"the CA certificates cannot be read: {error}") from error
