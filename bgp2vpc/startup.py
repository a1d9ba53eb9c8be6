"""What happens once after the start: reasons not to go on, and the ends of two waiting times."""

import logging

from bgp2vpc.logs import event
from bgp2vpc.parts import Parts
from bgp2vpc.policy.plan import Reason
from bgp2vpc.shutdown import PATIENCE, EndRequest, time_to_write
from bgp2vpc.tasks import ring_at, until

log = logging.getLogger("bgp2vpc")


async def act_once(parts: Parts, end: EndRequest) -> None:
    """`oneshot`: end when all is written that could be, and what may pass has had its time."""
    observed = parts.reconciler.first_observation
    await until(lambda: observed.is_set() and parts.scripts.all_have_spoken(), PATIENCE)
    if not (observed.is_set() and await until(parts.reconciler.is_done, time_to_write(parts))):
        end.failed = True
    end.wanted.set()


async def refuse_to_be_no_router(parts: Parts, end: EndRequest) -> None:
    """As AWSnycast: where no interface may forward, managed routes to us cannot work, so we do not start.

    A helper stays, as its end would take ExaBGP along; there, each route is `blocked`.
    """
    config = parts.config
    managed = [route for rule in config.rules for route in rule.manages.values() if route.instance_id is None]
    if not managed or config.skip_source_dest_check or parts.is_helper:
        return
    await parts.reconciler.first_observation.wait()
    interfaces = parts.view.snapshot.interfaces
    if interfaces and all(each.source_dest_check for each in interfaces):
        eni = interfaces[0].id
        event(
            log,
            logging.CRITICAL,
            "not started: source/destination check is on",
            instance=parts.view.instance.id,
            hint=f"aws ec2 modify-network-interface-attribute --network-interface-id {eni} --no-source-dest-check",
        )
        end.fail()


def forget_leftovers_later(parts: Parts) -> None:
    """After `restart_time`, routes of ours that nobody has announced again are deleted."""
    due = parts.started + parts.config.restart_time

    def forget() -> None:
        if parts.started + parts.config.restart_time > due:  # a reload has given them more time
            forget_leftovers_later(parts)
            return
        parts.inputs.leftovers_held = False
        parts.inputs.rib.forget_seen()
        verdicts = parts.places.verdicts()
        parts.reconciler.news({each.prefix for each in verdicts if each.reason is Reason.LEFTOVER})

    ring_at(due, forget)


def wait_for_neighbors(parts: Parts) -> None:
    """After `startup_hold`, what BGP neighbors have not announced by then is decided without them."""
    ring_at(parts.started + parts.config.startup_hold, parts.reconciler.neighbors_changed)
