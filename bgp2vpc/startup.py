"""One-off tasks after the start: the source/destination check, a timer, and the single pass of `--oneshot`.

The timer after a reload is here, too.
"""

import asyncio
import logging
from collections.abc import Collection

from bgp2vpc.bgp.hold_timers import LATE
from bgp2vpc.logs import event
from bgp2vpc.parts import Parts
from bgp2vpc.policy.plan import Reason
from bgp2vpc.prefix import Prefix
from bgp2vpc.shutdown import PATIENCE, EndRequest, time_to_write
from bgp2vpc.tasks import ring_at, until

log = logging.getLogger("bgp2vpc")


async def run_oneshot(parts: Parts, end: EndRequest) -> None:
    """`--oneshot`: end once EC2 was read, every running script has printed a line, and every change is written.

    Both waits are limited. `end.failed` is set if EC2 was not read or changes are left, not if a script is silent.
    """
    observed = parts.reconciler.first_observation
    await until(lambda: observed.is_set() and parts.scripts.all_have_printed(), PATIENCE)
    if not (observed.is_set() and await until(parts.reconciler.is_done, time_to_write(parts))):
        end.failed = True
    end.wanted.set()


async def exit_if_source_dest_check_is_on(parts: Parts, end: EndRequest) -> None:
    """End with an error if all our interfaces have the source/destination check on, so that managed routes cannot work.

    EC2 drops traffic at such an interface unless it is from or to one of the interface's own addresses
    (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html). AWSnycast also exits. A helper goes on, since
    ExaBGP ends with its helper; the verdict of each route is `blocked` then.
    """
    await parts.reconciler.first_observation.wait()
    config = parts.config  # while EC2 did not answer, reloads may have changed it
    managed = [route for rule in config.rules for route in rule.manages.values() if route.instance_id is None]
    if not managed or config.skip_source_dest_check or parts.is_helper:
        return
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


def start_leftover_timer(parts: Parts, since: float) -> None:
    """`restart_time` after `since`, have the leftovers deleted: routes of ours that no source has announced again."""
    due = since + parts.config.restart_time

    def forget() -> None:
        now = asyncio.get_running_loop().time()
        if now - due > LATE:  # this process stood still, and mostly its sources, too: they have their time again
            start_leftover_timer(parts, now)
            return
        if since + parts.config.restart_time > due:  # a reload has given them more time
            start_leftover_timer(parts, since)
            return
        parts.inputs.leftovers_held = False
        parts.inputs.rib.forget_seen()
        verdicts = parts.places.verdicts()
        parts.reconciler.prefixes_changed({each.prefix for each in verdicts if each.reason is Reason.LEFTOVER})

    ring_at(due, forget)


def keep_unclaimed(parts: Parts, prefixes: Collection[Prefix]) -> None:
    """Keep our routes for these prefixes for `restart_time`, since a reload has left them to scripts or clients.

    After that, those that no source has announced are deleted. One that withdraws a prefix does not wait.
    """
    rib, began = parts.inputs.rib, asyncio.get_running_loop().time()
    due = began + parts.config.restart_time
    rib.unclaimed |= dict.fromkeys(prefixes, began)

    def give_up() -> None:
        remaining = {prefix for prefix in prefixes if rib.unclaimed.get(prefix) == began}  # not of a later reload
        if asyncio.get_running_loop().time() - due > LATE:  # as in `start_leftover_timer`
            keep_unclaimed(parts, remaining)
            return
        for prefix in remaining:
            del rib.unclaimed[prefix]
        parts.reconciler.prefixes_changed(remaining)

    if prefixes:
        ring_at(due, give_up)
