"""Patches moto's classes so that they refuse requests and compute states as EC2 does.

A proxy in front could not do this, since every rule here needs EC2's state. Subclasses could not either, because moto
creates its backends itself. So `make_honest` replaces methods, once per process.

rules             the settings that may be changed at run time
errors            EC2's error codes
patching          replaces a method of moto
destinations      a route's destination: one, canonical, allowed
targets           a route's target: one, existing, of this VPC
routes            CreateRoute, ReplaceRoute, DeleteRoute, and routes in DescribeRouteTables
route_tables      the tables: ids, associations, deletion
interfaces        network interfaces and the source/destination check
subnets           DescribeSubnets: content and filters
nat_gateways      their interfaces, and their deletion
instances         termination, status checks
prefix_lists      managed prefix lists: versions, MaxEntries
cloudformation    properties of a template that moto leaves out
transit_gateways  routes of a transit gateway's table
requests/         for all requests: DryRun, filters, paging, resources that a describe leaves out
"""

from functools import cache

from bgp2vpc.demo.cloud.fidelity import (
    instances,
    interfaces,
    nat_gateways,
    prefix_lists,
    route_tables,
    routes,
    subnets,
    transit_gateways,
)
from bgp2vpc.demo.cloud.fidelity.requests import actions, filters, hidden, paging


@cache
def make_honest() -> None:
    """Patch moto in this process; calling it again does nothing."""
    state = (filters, route_tables, routes, interfaces, subnets, instances, nat_gateways, prefix_lists)
    for part in (*state, transit_gateways, hidden, paging):
        part.install()
    # Last, since it wraps all actions, including those that the others add.
    actions.install()


@cache
def make_cloudformation_honest() -> None:
    """Patch CloudFormation, before its first call only: it imports the models of forty services, in two seconds."""
    from bgp2vpc.demo.cloud.fidelity import cloudformation  # noqa: PLC0415

    cloudformation.install()
