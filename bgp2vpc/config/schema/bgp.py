"""The part of the schema that says whom ExaBGP peers with."""

from pathlib import Path
from typing import Annotated, Final, Self, TypeAlias

from pydantic import Discriminator, Field, PlainValidator, Tag, WithJsonSchema, model_validator

from bgp2vpc.config.model import Bgp
from bgp2vpc.config.schema import fields
from bgp2vpc.config.schema.entry import TEXT_OR_LIST, BaseEntry, text_schema
from bgp2vpc.prefix import IPAddress

_BGP: Final = Bgp(asn=0)
_SHORTEST_HOLD: Final = 3

Port: TypeAlias = Annotated[int, Field(ge=1, le=65535)]
AsNumber: TypeAlias = Annotated[
    int, PlainValidator(fields.as_number), WithJsonSchema({"type": "integer", "minimum": 1})
]
SpeakerAddress: TypeAlias = Annotated[IPAddress, PlainValidator(fields.speaker_address), text_schema()]
LocalAddresses: TypeAlias = Annotated[tuple[IPAddress, ...], PlainValidator(fields.local_addresses), TEXT_OR_LIST]
RouterId: TypeAlias = Annotated[IPAddress | None, PlainValidator(fields.router_id), text_schema()]
Description: TypeAlias = Annotated[str, PlainValidator(fields.description), text_schema()]
FilePath: TypeAlias = Annotated[Path | None, PlainValidator(fields.file_path), text_schema("^/")]


class PeerEntry(BaseEntry):
    """A BGP neighbor, or just its address."""

    address: SpeakerAddress = Field(description="The neighbor's IP address.", examples=["10.0.1.11"])
    asn: AsNumber | None = Field(
        default=None, alias="as", description="The neighbor's AS number. Default: our own.", examples=[65000]
    )
    description: Description = Field(default="", description="A comment in ExaBGP's file.", examples=["router"])
    passive: bool | None = Field(
        default=None,
        description="`true`: wait for the neighbor to connect. `false`: connect to the neighbor. Default: within our "
        "own AS, the side with the lower address connects; to a neighbor in another AS, we connect.",
        examples=["true"],
    )
    port: Port | None = Field(
        default=None,
        description="The TCP port of the session: the neighbor's port, or, with `passive`, our own. Default: "
        "`bgp.port` for a peer in our own AS, 179 for others.",
        examples=[179],
    )


PeerItem: TypeAlias = Annotated[
    Annotated[SpeakerAddress, Tag("address")] | Annotated[PeerEntry, Tag("mapping")],
    Discriminator(lambda value: "mapping" if isinstance(value, dict) else "address"),
]


class InstanceTagEntry(BaseEntry):
    """A tag of instances."""

    key: Annotated[str, Field(min_length=1)] = Field(description="The tag's key.", examples=["role"])
    value: str = Field(description="The tag's value, exactly.", examples=["anycast"])


class BgpEntry(BaseEntry):
    """Our side of BGP and the neighbors: what ExaBGP's configuration is made of.

    `bgp2vpc run` runs that ExaBGP itself; for a helper, `bgp2vpc exabgp-config` writes the file.
    """

    asn: AsNumber = Field(alias="as", description="Our AS number.", examples=[64512])
    router_id: RouterId = Field(
        default=None, description="The BGP router ID. Default: our IPv4 address.", examples=["10.0.0.1"]
    )
    local_address: LocalAddresses = Field(
        default=(),
        description="Our address, or one for each family. Default: the primary private addresses of our first network "
        "interface.",
        examples=["10.0.0.1"],
    )
    hold_time: int = Field(
        default=_BGP.hold_time,
        ge=_SHORTEST_HOLD,
        le=65535,
        description="The BGP hold time, in seconds.",
        json_schema_extra={"unit": "seconds"},
    )
    peers: list[PeerItem] = Field(
        default=[],
        description="Neighbors: other instances and routers, each an address or a mapping. Our own address is "
        "ignored, so that all instances can use the same file.",
        examples=["[10.0.1.11, {address: 10.1.0.1, as: 65000}]"],
    )
    peers_by_tag: InstanceTagEntry | None = Field(
        default=None,
        description="Neighbors in our own AS: the running instances of our VPC that have this tag.",
        examples=["{key: role, value: anycast}"],
    )
    ipv6: bool = Field(
        default=_BGP.ipv6,
        description="Also peer over IPv6 with the instances found by tag. Each session carries only the routes of "
        "its own address family.",
    )
    port: Port | None = Field(
        default=None,
        description="The TCP port of sessions within our own AS, on which we listen and to which we connect. It must "
        "be the same on all instances. Default: 1790 with `bgp2vpc run`, which needs no privilege; 179 "
        "for a helper's ExaBGP.",
        examples=[1790],
    )
    exabgp: FilePath = Field(
        default=None,
        description="The ExaBGP (4.2 or 5.0) that `bgp2vpc run` runs. Default: the one installed with bgp2vpc, else "
        "`exabgp` on PATH.",
        examples=["/usr/sbin/exabgp"],
    )
    config_file: FilePath = Field(
        default=None,
        description="ExaBGP's configuration file. When the members change, ExaBGP checks the new text; then bgp2vpc "
        "replaces the file and ExaBGP reloads it. Default: a helper leaves ExaBGP's file alone; `bgp2vpc "
        "run` keeps it beside `state_file`, as `STATE_FILE.exabgp.conf`.",
        examples=["/etc/exabgp/exabgp.conf"],
    )

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.peers and self.peers_by_tag is None:
            raise ValueError("needs 'peers' (addresses of neighbors) or 'peers_by_tag' (a tag of instances)")
        return self
