"""HTTPS: which name the server is asked for, and must have."""

import pytest
from certificates import NAME, Authority
from health_kit import LOCAL6, OK, reason_of, result_of, run, saying, serving, trouble_of
from web_server import answering, page

from bgp2vpc.health.model import Http, Tls

pytestmark = pytest.mark.io


def test_https_is_checked_against_the_name_asked_for(authority: Authority):
    async def story() -> None:
        trusted = Tls(authority.ca_pem)
        async with serving(answering(page()), ssl=authority.context) as port:
            for probe in (
                Http(port, tls=trusted),
                Http(port, tls=trusted, host=NAME),
                Http(port, tls=trusted, host=f"{NAME}:8443"),
                Http(port, tls=trusted, host="[::1]:443"),
                Http(port, tls=Tls(authority.ca_pem, server_name=NAME), host="another.example.org"),
                Http(port, tls=Tls(verify=False), host="another.example.org"),
            ):
                assert await result_of(probe) == OK
            mismatch = (
                "certificate verify failed: Hostname mismatch, certificate is not valid for 'another.example.org'"
            )
            assert await reason_of(Http(port, tls=trusted, host="another.example.org")) == mismatch
            unknown = "certificate verify failed: unable to get local issuer certificate"
            assert await reason_of(Http(port, tls=Tls())) == unknown
            assert await reason_of(Http(port)) == "closed without an answer"
        async with serving(answering(page()), "::1", ssl=authority.context) as port:
            assert await result_of(Http(port, tls=trusted), LOCAL6) == OK
        async with serving(saying(page())) as port:
            assert await reason_of(Http(port, tls=trusted)) == "TLS: wrong version number"
            assert await trouble_of(Http(port, tls=Tls("nonsense"))) != ""

    run(story())


def test_the_server_is_told_the_name_of_the_host(authority: Authority):
    names: list[str | None] = []
    authority.context.sni_callback = lambda _, name, __: names.append(name)

    async def story() -> None:
        async with serving(answering(page()), ssl=authority.context) as port:
            assert await result_of(Http(port, tls=Tls(authority.ca_pem), host=f"{NAME}:8443")) == OK
            assert await result_of(Http(port, tls=Tls(authority.ca_pem))) == OK

    try:
        run(story())
    finally:
        authority.context.sni_callback = None
    assert names == [NAME, None]
