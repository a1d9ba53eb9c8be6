"""TLS for the probes that speak it: tcp, https."""

import ssl
from functools import lru_cache

from bgp2vpc.errors import Bgp2vpcError


class UnusableCa(Bgp2vpcError):
    """The configured CA certificates (`ca_pem`) cannot be read: the configuration has to be corrected."""


@lru_cache(maxsize=64)
def tls_context(ca_pem: str | None, verify: bool) -> ssl.SSLContext:
    """The context for such connections, made once: reading the system's CAs takes long. Raises UnusableCa."""
    if not verify:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if ca_pem is None:
        return ssl.create_default_context()
    # The ssl module takes an empty text for None, and would trust the system's CAs.
    if not ca_pem.strip():
        raise UnusableCa("the CA certificates are empty")
    try:
        return ssl.create_default_context(cadata=ca_pem)
    except (ssl.SSLError, ValueError) as error:
        raise UnusableCa(f"the CA certificates cannot be read: {error}") from error
