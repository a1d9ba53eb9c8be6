"""Builds a world directly in moto's state, in milliseconds; through the API a large one would take a minute."""

import ipaddress
from dataclasses import replace
from itertools import islice
from typing import Any

from bgp2vpc.demo.cloud.fidelity.interfaces import EFA_ONLY, attach, make_efa_only
from bgp2vpc.demo.cloud.fidelity.routes import make_route
from bgp2vpc.demo.cloud.values import CloudHost, World, WorldSpec

FILLER = ipaddress.ip_network("172.16.0.0/12")
IMAGE = "ami-12c6146b"


def build(backend: Any, spec: WorldSpec) -> World:
    """Build the VPC of `spec` in moto's backend of one account and region."""
    vpc = backend.create_vpc(spec.cidr, amazon_provided_ipv6_cidr_block=spec.ipv6)
    ipv6_cidr = next((a["cidr_block"] for a in vpc.get_cidr_block_association_set(ipv6=True)), None)
    gateway = backend.create_internet_gateway()
    backend.attach_internet_gateway(gateway.id, vpc.id)
    # 10.0.1.0/24, 10.0.2.0/24, …: one for each zone.
    ipv4 = islice(ipaddress.ip_network(spec.cidr).subnets(new_prefix=24), 1, None)
    ipv6 = islice(ipaddress.ip_network(ipv6_cidr).subnets(new_prefix=64), 1, None) if ipv6_cidr else None
    subnets = [
        backend.create_subnet(
            vpc.id, str(next(ipv4)), str(next(ipv6)) if ipv6 else None, availability_zone=zone, tags={}
        )
        for zone in spec.zones
    ]
    tables: list[list[Any]] = []
    for subnet in subnets:
        of_zone = []
        for number in range(1, spec.tables_per_zone + 1):
            tags = {**spec.tags, "Name": f"private-{subnet.availability_zone[-1]}-{number}"}
            if spec.tag_zones:
                tags["az"] = subnet.availability_zone
            pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
            of_zone.append(backend.create_route_table(vpc.id, pairs))
        if of_zone:
            backend.associate_route_table(of_zone[0].id, subnet_id=subnet.id)
        tables.append(of_zone)
    for table in (table for of_zone in tables for table in of_zone):
        for network in islice(FILLER.subnets(new_prefix=24), spec.filler_routes):
            route = make_route(table, str(network), None, gateway=gateway)
            table._routes[route.id] = route
    world = World(
        vpc_id=vpc.id,
        cidr=spec.cidr,
        ipv6_cidr=ipv6_cidr,
        hosts=tuple(
            _host(backend, subnets[n % len(subnets)], tables[n % len(tables)], n, spec) for n in range(spec.instances)
        ),
        subnets=tuple(subnet.id for subnet in subnets),
        tables=tuple(table.id for of_zone in tables for table in of_zone),
        main_table=next(t.id for t in backend.route_tables.values() if t.vpc_id == vpc.id and t.main_association_id),
        internet_gateway=gateway.id,
        twin=build(backend, replace(spec, instances=0, twin=False)) if spec.twin else None,
    )
    if spec.nat_gateway:
        address = backend.allocate_address("vpc")
        gateway = backend.create_nat_gateway(subnets[0].id, address.allocation_id)
        world = replace(world, nat_gateway=str(gateway.id))
    return world


def _host(backend: Any, subnet: Any, tables: list[Any], number: int, spec: WorldSpec) -> CloudHost:
    address = ipaddress.ip_network(subnet.cidr_block)[10 + number]
    reservation = backend.run_instances(
        IMAGE,
        1,
        None,
        [],
        instance_type="t3.micro",
        is_instance_type_default=True,
        region_name=backend.region_name,
        subnet_id=subnet.id,
        private_ip=str(address),
        associate_public_ip=False,
        tags={"instance": {"Name": f"host-{number + 1}"}},
    )
    (instance,) = reservation.instances
    for index in range(1, spec.interfaces):
        extra = backend.create_network_interface(subnet, None)
        attach(extra, instance, index, 0)
    for card in range(1, spec.network_cards):
        extra = backend.create_network_interface(subnet, None, delete_on_termination=True)
        attach(extra, instance, 0, card)
        if card > 1:
            make_efa_only(extra)
    for interface in instance.nics.values():
        interface.source_dest_check = spec.source_dest_check
        if spec.ipv6 and interface.interface_type != EFA_ONLY:
            backend.assign_ipv6_addresses(interface.id, ipv6_count=1)
    return CloudHost(
        instance_id=instance.id,
        interface_id=instance.nics[0].id,
        interfaces=tuple(instance.nics[index].id for index in sorted(instance.nics)),
        address=str(address),
        zone=subnet.availability_zone,
        subnet_id=subnet.id,
        table=tables[0].id if tables else "",
    )
