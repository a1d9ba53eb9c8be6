"""`bgp2vpc demo`: announcements, failures and takeovers, by real processes on a simulated VPC.

Each of two instances in two zones has a real service, ExaBGP's own healthcheck, and a real bgp2vpc daemon. EC2 and
instance metadata are moto's, corrected by `bgp2vpc.demo.cloud`. Nothing leaves the loopback.
"""

import shlex
import time

from bgp2vpc.demo import chapters
from bgp2vpc.demo.child import Interrupted, Interrupts
from bgp2vpc.demo.cloud.process import CloudError
from bgp2vpc.demo.instance import PREFIX, DemoInstance
from bgp2vpc.demo.play import DidNotHappen, Play, command
from bgp2vpc.demo.screen import Screen
from bgp2vpc.demo.stage import Stage

START_PATIENCE = 60.0


def tell(*, keep: bool, web: bool = False, patience: float = 10.0, pause: float = 2.0) -> int:
    """Run the demo. Returns 0 if every step succeeded, 1 if one did not, 128 + number if a signal ended it.

    `keep`: stay up afterwards until Ctrl-C. `web`: each instance has a status page. `patience`: seconds each step may
    take. `pause`: seconds between chapters.
    """
    screen = Screen(time.monotonic())
    screen.title("bgp2vpc demo: two instances, two zones, one anycast prefix, an embedded VPC")
    screen.say("It takes about 25 seconds, and nothing of it stays behind.")
    with Interrupts() as interrupts:
        try:
            with Stage(interrupts.ignore, web=web) as stage:
                status = _tell(Play(stage, screen, patience, pause), keep=keep)
        except (CloudError, OSError) as error:
            screen.failed(str(error))
            return 1
        except Interrupted as interrupted:
            screen.say(f"\n{interrupted}; everything is stopped and cleaned up")
            return interrupted.status
    screen.say("\nThat is all. Everything is stopped and cleaned up.")
    return status


def _tell(play: Play, *, keep: bool) -> int:
    """Run all chapters. Returns 0; 1 if a step failed, after printing the tables and the ends of the daemons' logs."""
    stage = play.stage
    try:
        a, b = stage.add_instance(), stage.add_instance()
        play.screen.say(f"{stage.world.vpc_id}, served by moto at {stage.cloud.endpoint_url}")
        play.screen.quote(f"{i.name}  {i.host.instance_id}  {i.host.interface_id}  {i.host.zone}" for i in (a, b))
        play.screen.say("Times are seconds since the start, and since the cause.")
        play.screen.say("Look into it meanwhile, from another terminal:")
        play.screen.quote([f"{command()} status --socket {instance.socket}" for instance in (a, b)], "cyan")
        play.screen.quote([f"{i.page}    # {i.name}'s page, in a browser" for i in (a, b) if i.page], "cyan")
        for instance in (a, b):
            play.expect(f"{instance.name}'s daemon reads the route tables", play.has_read(instance), START_PATIENCE)
        chapters.service_comes(play, a)
        chapters.second_service_comes(play, a, b)
        chapters.service_dies(play, a, b)
        chapters.service_returns(play, a, b)
        chapters.instance_dies(play, b, a)
        if keep:
            _stay(play, a)
        chapters.end_comes(play)
    except DidNotHappen as what:
        play.screen.failed(str(what))
        play.tell_news()
        play.screen.say(f"The tables, for {PREFIX}:")
        play.screen.quote(play.tables())
        for instance in stage.instances:
            play.screen.say(f"The last words of {instance.name}'s daemon:")
            play.screen.quote(map(str, instance.log.last_words))
        return 1
    return 0


def _stay(play: Play, holder: DemoInstance) -> None:
    """Add a second instance in place of the dead one, print commands to try, and print events until Ctrl-C."""
    third = play.stage.add_instance()
    play.expect(f"{third.name}'s daemon reads the route tables", play.has_read(third), START_PATIENCE)
    chapters.second_service_comes(play, holder, third)
    play.screen.title(f"{holder.name} and {third.name} stay up until Ctrl-C; this window shows what happens.")
    for i in (holder, third):
        lines = [f"{i.page}    # its page, in a browser"] if i.page else []
        lines += [
            f". {i.environment_file}    # where its EC2 and instance metadata are",
            f"{command()} status --socket {i.socket}",
            f"{command()} why {PREFIX} --socket {i.socket}",
            f"{command()} plan -f {i.config}",
            f"{command()} drain --force --socket {i.socket}    # --force: they have no BGP session",
            f"{command()} undrain --socket {i.socket}",
            f"{command()} api --socket {i.socket} 'announce route 192.0.2.54/32 next-hop self'",
            f"tail -f {i.log_file}",
        ]
        if i.service:
            lines.append(f"kill -9 {i.service.pid}    # its service; start it again with:")
            lines.append(shlex.join(i.service_command))
        play.screen.say(f"On {i.name}:")
        play.screen.quote(lines, "cyan")
    try:
        while True:
            play.watch()
    except Interrupted:
        play.screen.say("")
