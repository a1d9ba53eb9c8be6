"""What happens once after the start: whether this host may forward, two timers, and the pass of `--oneshot`."""

import logging

from bgp2vpc.logs import event
from bgp2vpc.parts import Parts
from bgp2vpc.policy.plan import Reason
from bgp2vpc.shutdown import PATIENCE, EndRequest, time_to_write
from bgp2vpc.tasks import ring_at, until

log = logging.getLogger("bgp2vpc")


async def run_oneshot(parts: Parts, end: EndRequest) -> None:
    """`--oneshot`: end once every script has announced and every change is written, or the time for that is over."""
    observed = parts.reconciler.first_observation
    await until(lambda: observed.is_set() and parts.scripts.all_have_printed(), PATIENCE)
    if not (observed.is_set() and await until(parts.reconciler.is_done, time_to_write(parts))):
        end.failed = True
    end.wanted.set()


async def exit_if_source_dest_check_is_on(parts: Parts, end: EndRequest) -> None:
    """End with an error if EC2 drops forwarded traffic at all our interfaces: managed routes to us would not work.

    AWSnycast does the same. A helper goes on, since ExaBGP ends with its helper; there, each route is `blocked`.
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
            "daemon not started: source/destination check is on",
            instance=parts.view.instance.id,
            hint=f"aws ec2 modify-network-interface-attribute --network-interface-id {eni} --no-source-dest-check",
        )
        end.fail()


def start_leftover_timer(parts: Parts) -> None:
    """After `restart_time`, routes of ours that nobody has announced again are deleted."""
    due = parts.started + parts.config.restart_time

    def forget() -> None:
        if parts.started + parts.config.restart_time > due:  # a reload has given them more time
            start_leftover_timer(parts)
            return
        parts.inputs.leftovers_held = False
        parts.inputs.rib.forget_seen()
        verdicts = parts.places.verdicts()
        parts.reconciler.prefixes_changed({each.prefix for each in verdicts if each.reason is Reason.LEFTOVER})

    ring_at(due, forget)


def start_startup_hold_timer(parts: Parts) -> None:
    """After `startup_hold`, routes are decided without waiting for what BGP neighbors have not announced yet."""
    ring_at(parts.started + parts.config.startup_hold, parts.reconciler.neighbors_changed)
