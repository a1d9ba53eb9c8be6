"""The probe `dns`: a DNS query to the destination."""

import socket
from typing import Final

import dns.asyncbackend
import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.txtbase

from bgp2vpc.health.model import Dns, ProbeResult
from bgp2vpc.health.reasons import during, failed, shown
from bgp2vpc.prefix import IPAddress

_LISTED: Final = 3
"""Number of answers in the reason if the expected one is missing."""


async def probe_dns(probe: Dns, destination: IPAddress) -> ProbeResult:
    """Healthy if the answer is no error and has records of the requested type with all of `expect` among them."""
    try:
        wanted = {text: parse_answer(probe.record, text) for text in probe.expect}
    except dns.exception.DNSException as error:
        return ProbeResult(None, f"expected answer cannot be read: {error}")
    query = dns.message.make_query(probe.name, probe.record)
    try:
        with during("waiting for the answer"):
            if probe.tcp:
                response = await dns.asyncquery.tcp(query, str(destination), port=probe.port)
            else:
                # Connected, so that the kernel reports a closed port at once and drops packets of other hosts.
                where, backend = str(destination), dns.asyncbackend.get_backend("asyncio")
                family = socket.AF_INET6 if destination.version == 6 else socket.AF_INET
                connecting = backend.make_socket(family, socket.SOCK_DGRAM, destination=(where, probe.port))  # type: ignore[no-untyped-call]
                async with await connecting as connected:
                    response, _ = await dns.asyncquery.udp_with_fallback(
                        query, where, port=probe.port, udp_sock=connected, backend=backend
                    )
    except OSError as error:
        return failed(error)
    except EOFError:
        return ProbeResult(False, "closed without an answer")
    except dns.query.BadResponse:
        return ProbeResult(False, "the answer is to another question")
    except dns.exception.DNSException:
        return ProbeResult(False, "the answer is malformed")
    return _judge(probe, response, wanted)


def _judge(probe: Dns, response: dns.message.Message, wanted: dict[str, object]) -> ProbeResult:
    if response.rcode() != dns.rcode.NOERROR:
        return ProbeResult(False, dns.rcode.to_text(response.rcode()))
    kind = dns.rdatatype.from_text(probe.record)
    # Whatever the name: the answer to an alias is under the name of its target.
    answers = [rdata for rrset in response.answer if rrset.rdtype == kind for rdata in rrset]
    if not answers:
        return ProbeResult(False, f"no {probe.record} answer")
    found = {_comparable(rdata) for rdata in answers}
    missing = next((text for text, rdata in wanted.items() if rdata not in found), None)
    if missing is None:
        return ProbeResult(True)
    told = ", ".join(str(rdata) for rdata in answers[:_LISTED]) + (", …" if len(answers) > _LISTED else "")
    return ProbeResult(False, f"{shown(missing)} is not among the answers: {told}")


def parse_answer(record: str, text: str) -> object:
    """Parse an expected answer of the configuration into a value to compare. Raises DNSException."""
    kind = dns.rdatatype.from_text(record)
    if kind in (dns.rdatatype.TXT, dns.rdatatype.SPF) and not text.startswith('"'):
        # In a zone file the text would be split at blanks and end at a semicolon.
        return text.encode()
    return _comparable(dns.rdata.from_text(dns.rdataclass.IN, kind, text, dns.name.root, relativize=False))


def _comparable(rdata: dns.rdata.Rdata) -> object:
    """A value that is equal for equivalent records: names in any case, a text split into any strings."""
    if isinstance(rdata, dns.rdtypes.txtbase.TXTBase):
        return b"".join(rdata.strings)
    return rdata
