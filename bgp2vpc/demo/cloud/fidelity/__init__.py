"""Layer A: what EC2 refuses and computes, put into moto's own classes.

A proxy in front could not do this, since every rule here needs EC2's state. Nothing is subclassed, because moto builds
its backends itself: `make_honest` replaces methods, once per process.

rules             what may be switched at run time
errors            EC2's error codes
patching          how a method of moto is replaced
destinations      a route's destination: one, canonical, allowed
targets           a route's target: one, existing, of this VPC
routes            CreateRoute, ReplaceRoute, DeleteRoute, and what DescribeRouteTables shows of a route
route_tables      the tables: ids, associations, deletion
interfaces        network interfaces and the source/destination check
subnets           what DescribeSubnets shows and filters
nat_gateways      their interfaces, and their end
instances         termination, status checks
prefix_lists      managed prefix lists: versions, MaxEntries
cloudformation    properties of a template that moto leaves out
transit_gateways  routes of a transit gateway's table
requests/         what goes for every request: DryRun, filters, paging, what a describe leaves out
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
    # Last, since it wraps whatever actions there are by then.
    actions.install()


@cache
def make_cloudformation_honest() -> None:
    """The same for CloudFormation, before its first call: it imports the models of forty services, in two seconds."""
    from bgp2vpc.demo.cloud.fidelity import cloudformation  # noqa: PLC0415

    cloudformation.install()
