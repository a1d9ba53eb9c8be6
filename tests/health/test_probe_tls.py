"""TLS connections: whom they trust, and how they end."""

import asyncio
from pathlib import Path

import pytest
from certificates import NAME, Authority, make_authority
from health_kit import (
    LOCAL,
    OK,
    closed_port,
    nothing_is_left,
    open_descriptors,
    reason_of,
    result_of,
    run,
    saying,
    serving,
    silent,
    trouble_of,
)

from bgp2vpc.health.model import Http, Tcp, Tls
from bgp2vpc.health.probe import prepare
from bgp2vpc.health.probes.tls import tls_context
from bgp2vpc.prefix import parse_address
from tests.descriptors import no_descriptors

pytestmark = pytest.mark.io


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_tls_is_checked_against_the_given_ca(authority: Authority, host: str):
    async def story() -> None:
        address = parse_address(host)
        async with serving(saying(b"O", b"K"), host, ssl=authority.context) as port:
            for tls in (Tls(authority.ca_pem), Tls(authority.ca_pem, server_name=NAME), Tls(verify=False)):
                assert await result_of(Tcp(port, send=b"?", expect=b"OK", tls=tls), address) == OK
            assert await result_of(Tcp(port, tls=Tls(authority.ca_pem)), address) == OK

    run(story())


@pytest.mark.parametrize(
    ("server_name", "with_ca", "reason"),
    [
        ("", False, "unable to get local issuer certificate"),
        ("www.example.com", True, "Hostname mismatch, certificate is not valid for 'www.example.com'"),
        ("127.0.0.2", True, "IP address mismatch, certificate is not valid for '127.0.0.2'"),
    ],
)
def test_a_wrong_certificate_is_told(authority: Authority, server_name: str, with_ca: bool, reason: str):
    async def story() -> None:
        async with serving(saying(b"OK"), ssl=authority.context) as port:
            tls = Tls(authority.ca_pem if with_ca else None, server_name=server_name)
            assert await reason_of(Tcp(port, tls=tls)) == f"certificate verify failed: {reason}"

    run(story())


def test_an_expired_certificate_is_told(expired: Authority):
    async def story() -> None:
        async with serving(saying(b"OK"), ssl=expired.context) as port:
            reason = await reason_of(Tcp(port, tls=Tls(expired.ca_pem)))
            assert reason == "certificate verify failed: certificate has expired"
            assert await result_of(Tcp(port, expect=b"OK", tls=Tls(verify=False))) == OK

    run(story())


def test_a_server_that_speaks_no_tls_is_told(authority: Authority):
    async def story() -> None:
        async with serving(saying(b"220 mail.example.org ESMTP\r\n")) as port:
            assert await reason_of(Tcp(port, tls=Tls(authority.ca_pem))) == "TLS: wrong version number"
        async with serving(saying()) as port:
            assert await reason_of(Tcp(port, tls=Tls(authority.ca_pem))) in (
                "connection closed",
                "connection reset by peer",
            )
        assert await reason_of(Tcp(closed_port(), tls=Tls(authority.ca_pem))) == "connection refused"

    run(story())


@pytest.mark.parametrize(
    "pem", ["", "  \n", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_certificates_that_are_none_never_mean_the_systems(pem: str):
    async def story() -> None:
        async with serving(silent) as port:
            assert (await trouble_of(Tcp(port, tls=Tls(pem)))).startswith("the CA certificates ")

    run(story())


def test_tls_given_up_half_way_leaves_nothing_behind(authority: Authority):
    async def hanging(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"O")
        await silent(reader, writer)

    async def story() -> None:
        async with serving(hanging, ssl=authority.context) as port:
            probe = Tcp(port, expect=b"OK", tls=Tls(authority.ca_pem))
            before = open_descriptors()
            reasons = await asyncio.gather(*(reason_of(probe, within=1) for _ in range(20)))
            assert set(reasons) == {"timed out after 1 s while waiting for 'OK'"}
        await nothing_is_left(before)

    run(story(), jumping=True)


def test_the_server_hears_an_orderly_end(authority: Authority):
    ends: list[bytes] = []

    async def story() -> None:
        ended = asyncio.Event()

        async def listening(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            ends.append(await reader.read())  # would raise, had the connection just broken
            ended.set()

        async with serving(listening, ssl=authority.context) as port:
            assert await result_of(Tcp(port, send=b"bye", tls=Tls(authority.ca_pem)), LOCAL) == OK
            await ended.wait()

    run(story())
    assert ends == [b"bye"]


def test_cas_of_the_system_that_cannot_be_read_now_are_no_evidence_and_are_read_again(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "bundle.pem").write_text(authority.ca_pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "bundle.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    tls_context.cache_clear()

    async def story() -> None:
        async with serving(saying(b"OK"), ssl=authority.context) as port:
            probe = Tcp(port, tls=Tls())
            with no_descriptors():
                prepare(probe)
                assert (await trouble_of(probe)) == "too many open files"
            assert await result_of(probe) == OK

    try:
        run(story())
    finally:
        tls_context.cache_clear()


def test_a_directory_of_cas_is_read_before_the_handshake_and_a_host_without_any_can_judge_nobody(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    (tmp_path / "broken.0").write_text("nonsense")
    tls_context.cache_clear()

    async def story() -> None:
        async with serving(saying(b"OK"), ssl=authority.context) as port:
            probe = Tcp(port, tls=Tls())
            none = "this host has no CA certificates: install ca-certificates, or give the check a `ca`"
            assert await trouble_of(probe) == none
            prepare(probe)  # no reason not to start: other checks and scripts do not need them
            # Not the name that OpenSSL would look for: it would not find it itself.
            (tmp_path / "0123abcd.0").write_text(authority.ca_pem)
            assert await result_of(probe) == OK

    try:
        run(story())
    finally:
        tls_context.cache_clear()


def test_a_certificate_of_the_future_is_a_clock_of_ours_that_is_wrong(tmp_path: Path):
    """As after a boot without NTP. The service is well, and others find it so."""
    future = make_authority(tmp_path, age=-3)

    async def story() -> None:
        async with serving(saying(b"OK"), ssl=future.context) as port:
            for probe in (Tcp(port, tls=Tls(future.ca_pem)), Http(port, tls=Tls(future.ca_pem))):
                reason = "certificate verify failed: certificate is not yet valid; is the clock of this host right?"
                assert await trouble_of(probe) == reason

    run(story())
