"""The part of the schema that describes health checks. Keys of `ping`, `tcp` and `command` are AWSnycast's."""

from typing import Annotated, Final, Literal, Self, TypeAlias, get_args

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from bgp2vpc.config.document import kind_of
from bgp2vpc.config.schema import check_fields, fields
from bgp2vpc.config.schema.entry import (
    TEXT_OR_LIST,
    BaseEntry,
    Count,
    Hook,
    NoConfig,
    Period,
    Regexp,
    Texts,
    text_schema,
)
from bgp2vpc.prefix import IPAddress

RISE: Final = 2
FALL: Final = 3
PREFIX: Final = "%PREFIX%"
"""As a destination: the check is a template, made for each prefix of `manage_routes` that names it."""
LONGEST_TIMEOUT: Final = 5.0
"""Seconds a probe gets where the file says nothing and `every` is longer."""


Port: TypeAlias = Annotated[int, PlainValidator(fields.port), WithJsonSchema({"type": "integer"})]
Pem: TypeAlias = Annotated[str, PlainValidator(check_fields.certificate), text_schema()]
PemFile: TypeAlias = Annotated[str, PlainValidator(check_fields.certificate_file), text_schema()]
Arguments: TypeAlias = Annotated[tuple[str, ...], PlainValidator(check_fields.arguments), TEXT_OR_LIST]
Statuses: TypeAlias = Annotated[frozenset[int], PlainValidator(check_fields.statuses), TEXT_OR_LIST]
RecordType: TypeAlias = Annotated[str, PlainValidator(check_fields.record_type), text_schema()]
Header: TypeAlias = Annotated[str, PlainValidator(check_fields.header), text_schema()]
Method: TypeAlias = Annotated[str, PlainValidator(check_fields.method), text_schema()]
UrlPath: TypeAlias = Annotated[str, PlainValidator(check_fields.url_path), text_schema()]


class _CheckEntry(BaseEntry):
    destination: Annotated[
        IPAddress | str | None,
        PlainValidator(lambda value: PREFIX if value == PREFIX else fields.address(value)),
        text_schema(),
    ] = Field(
        default=None,
        description='The IP address to check. With `"%PREFIX%"`, one check named `NAME@ADDRESS` is made for each '
        "host route in `manage_routes` that names this check, and probes the address of that route. "
        "Required for `healthchecks`; `remote_healthchecks` have no destination, because they check the "
        "address of the route's owner.",
        examples=["192.0.2.53"],
    )
    rise: int = Field(
        default=RISE,
        ge=0,
        description="How many successes in a row make the check healthy; 0 means the default, as in AWSnycast.",
    )
    fall: int = Field(
        default=FALL,
        ge=0,
        description="How many failures in a row make the check unhealthy; 0 means the default, as in AWSnycast.",
    )
    every: Period = Field(ge=0.01, description="Seconds from one probe to the next.", examples=[1])
    timeout: Period | None = Field(
        default=None,
        description="Seconds after which a probe counts as failed. Default: `every`, at most 5.",
        examples=[0.5],
    )
    remote_votes: Count | None = Field(
        default=None,
        description="Only for `remote_healthchecks`: the quorum. The owner is marked down when this many members of "
        "the Serf cluster (`serf`), including us, vote against it. Default: our own check alone decides.",
        examples=[2],
    )
    control: str | None = Field(
        default=None,
        description="Only for `remote_healthchecks`: the name of a check in `healthchecks` that probes something "
        "else on the network. While the control check fails as well, our own network may be at fault, "
        "and a failure of this check does not count.",
        examples=["gateway"],
    )
    run_on_healthy: Hook = Field(
        default=(), description="Run when the check becomes healthy; no shell.", examples=["[logger, dns is well]"]
    )
    run_on_unhealthy: Hook = Field(
        default=(),
        description="Run when the check becomes unhealthy; no shell.",
        examples=["[systemctl, restart, dns]"],
    )


class PingEntry(_CheckEntry):
    """An ICMP echo request is answered."""

    type: Literal["ping"]
    config: NoConfig = Field(default=NoConfig(), description="Nothing.", examples=["{}"])


class TlsConfig(BaseEntry):
    """How a TLS server is verified."""

    cert_path: PemFile | None = Field(
        default=None,
        alias="certPath",
        description="File with the CA's certificate (PEM). Default: the system's CAs.",
        examples=["/etc/ssl/our-ca.pem"],
    )
    cert: Pem | None = Field(
        default=None,
        description="The CA's certificate itself (PEM); comes before `certPath`.",
        examples=["-----BEGIN CERTIFICATE-----…"],
    )
    skip_verify: bool = Field(default=False, alias="skipVerify", description="Accept any certificate.")
    server_name: str = Field(
        default="",
        alias="serverName",
        description="The name in the certificate. Default: the destination.",
        examples=["www.example.org"],
    )


class TcpConfig(TlsConfig):
    """What to say and hear."""

    port: Port = Field(description="The port.", examples=[80])
    send: str = Field(
        default="",
        description="Sent unchanged, in UTF-8: a request needs its line ends.",
        examples=['"HEAD / HTTP/1.0\\r\\n\\r\\n"'],
    )
    expect: str = Field(
        default="", description="Must be found anywhere in what arrives before the time-out.", examples=["200 OK"]
    )
    ssl: bool = Field(default=False, description="Use TLS; certPath, cert, skipVerify and serverName belong to it.")


class TcpEntry(_CheckEntry):
    """A TCP connection is established, and the expected bytes arrive."""

    type: Literal["tcp"]
    config: TcpConfig = Field(description="The port, and what to say and hear.", examples=["{port: 53}"])


class CommandConfig(BaseEntry):
    """Which program."""

    command: str = Field(min_length=1, description="The program; no shell.", examples=["/usr/local/bin/check-dns"])
    arguments: Arguments = Field(
        default=(),
        description="Its arguments; %DESTINATION% stands for the destination.",
        examples=["['-c', '1', '%DESTINATION%']"],
    )


class CommandEntry(_CheckEntry):
    """A program exits with 0. At the time-out it is killed, with its children."""

    type: Literal["command"]
    config: CommandConfig = Field(
        description="The program.", examples=["{command: curl, arguments: [--fail, 'http://%DESTINATION%/health']}"]
    )


class HttpConfig(BaseEntry):
    """What to ask and to get."""

    port: Port | None = Field(default=None, description="The port. Default: 80; https: 443.", examples=[8080])
    path: UrlPath = Field(default="/", description="Path and query.")
    method: Method = Field(default="GET", description="The method.")
    headers: dict[str, Header] = Field(default={}, description="Further headers.", examples=["{X-Check: bgp2vpc}"])
    host: Header = Field(
        default="", description="The Host header. Default: the destination.", examples=["www.example.org"]
    )
    expect_status: Statuses | None = Field(
        default=None,
        description="Healthy statuses: `200`, `200-299`, or a list of these. Default: `200-399`.",
        examples=["[200, 204]"],
    )
    expect_body: str = Field(default="", description="Must be found in the body.", examples=["well"])
    expect_body_regexp: Regexp | None = Field(
        default=None, description="Must match somewhere in the first 16 KiB of the body.", examples=["ok|well"]
    )


class HttpEntry(_CheckEntry):
    """An HTTP request gets the expected answer. Redirects are not followed."""

    type: Literal["http"]
    config: HttpConfig = Field(default=HttpConfig(), description="The request.", examples=["{path: /health}"])


class HttpsConfig(HttpConfig, TlsConfig):
    """What to ask and to get, and how the server is verified."""


class HttpsEntry(_CheckEntry):
    """An HTTPS request gets the expected answer. Redirects are not followed."""

    type: Literal["https"]
    config: HttpsConfig = Field(default=HttpsConfig(), description="The request.", examples=["{host: www.example.org}"])


class DnsConfig(BaseEntry):
    """What to ask and to get."""

    name: Annotated[str, PlainValidator(check_fields.dns_name), text_schema()] = Field(
        description="The name to ask for.", examples=["example.org"]
    )
    type: RecordType = Field(default="A", description="The type of record.")
    expect: Texts = Field(
        default=(),
        description="Answers, as zone files write them, all of which must be there.",
        examples=["[192.0.2.1]"],
    )
    port: Port = Field(default=53, description="The port.")
    transport: Literal["udp", "tcp"] = Field(default="udp", description="`udp` (truncated answers: TCP) or `tcp`.")

    @model_validator(mode="after")
    def _answers_can_be_read(self) -> Self:
        from dns import exception  # noqa: PLC0415

        from bgp2vpc.health.probes.dns import parse_answer  # noqa: PLC0415

        for answer in self.expect:
            try:
                parse_answer(self.type, answer)
            except (exception.DNSException, ValueError) as error:
                raise ValueError(f"expect: {kind_of(answer)} is no {self.type} record: {error}") from None
        return self


class DnsEntry(_CheckEntry):
    """A DNS query to the destination is answered."""

    type: Literal["dns"]
    config: DnsConfig = Field(description="The question.", examples=["{name: example.org, type: A}"])


CheckEntry: TypeAlias = Annotated[
    PingEntry | TcpEntry | CommandEntry | HttpEntry | HttpsEntry | DnsEntry, Field(discriminator="type")
]
CHECK_TYPES: Final[tuple[str, ...]] = tuple(
    get_args(entry.model_fields["type"].annotation)[0] for entry in get_args(get_args(CheckEntry)[0])
)
