"""TLS contexts for the probes tcp and https."""

import ssl
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from bgp2vpc.errors import Bgp2vpcError


class UnusableCa(Bgp2vpcError):
    """The configured CA certificates (`ca_pem`) are unusable; the operator has to correct the configuration."""


@lru_cache(maxsize=64)
def tls_context(ca_pem: str | None, verify: bool) -> ssl.SSLContext:
    """A cached context, since reading the system's CAs takes long. `ca_pem`: None for these.

    Raises UnusableCa, and OSError if the system's CAs cannot be read now, for example without descriptors.
    """
    if not verify:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if ca_pem is None:
        return _of_system()
    # The ssl module treats an empty text like None and would trust the system's CAs.
    if not ca_pem.strip():
        raise UnusableCa("the CA certificates are empty")
    try:
        return ssl.create_default_context(cadata=ca_pem)
    except (ssl.SSLError, ValueError) as error:
        raise UnusableCa(f"the CA certificates cannot be read: {error}") from error


def _of_system() -> ssl.SSLContext:
    """Trusts the system's CAs, and has read all of them.

    OpenSSL ignores a file of CAs that it cannot read, and reads a directory only during handshakes. Without CAs each
    certificate would look like one of an unknown CA, which counts against the destination.
    """
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    files: list[str | Path] = [] if paths.cafile is None else [paths.cafile]
    if not _count(context) and paths.capath is not None:
        # The names of certificates in a directory are `HASH.N`: openssl-rehash(1).
        files += [each for each in Path(paths.capath).iterdir() if each.suffix[1:].isdigit()]
    for file in files if not _count(context) else []:
        # One that is no certificate, or a link that leads nowhere, does not matter to the others.
        with suppress(ssl.SSLError, FileNotFoundError):
            context.load_verify_locations(file)
    if not _count(context):
        raise UnusableCa("this host has no CA certificates: install ca-certificates, or give the check a `ca`")
    return context


def _count(context: ssl.SSLContext) -> int:
    return context.cert_store_stats()["x509_ca"]
