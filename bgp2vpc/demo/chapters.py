"""The chapters of the demo, in order. Each raises DidNotHappen if an expected effect does not occur in time."""

from bgp2vpc.demo.chronicle import Kind
from bgp2vpc.demo.instance import LOOPBACK, POLL_TIME, PREFIX, DemoInstance
from bgp2vpc.demo.play import DidNotHappen, Play


def service_comes(play: Play, a: DemoInstance) -> None:
    """First announcement: a service starts while no instance has the route."""
    play.chapter(f"{a.name}'s service starts: its healthcheck announces, the daemon writes")
    play.because(a, f"service listens on {LOOPBACK}:{a.port}", a.start_service())
    play.expect(f"every route table points {PREFIX} at {a.name}", lambda: play.points_at(a) and play.has_written(a))
    play.ok(f"announced -> written in {_ms(_reaction(play, a, Kind.ANNOUNCED))}: {a.name} holds every table")


def second_service_comes(play: Play, holder: DemoInstance, second: DemoInstance) -> None:
    """The same anycast service starts on another instance, which yields to the holder."""
    play.chapter(f"{second.name}'s service starts: {second.name} announces too, and yields to {holder.name}")
    play.because(second, f"service listens on {LOOPBACK}:{second.port}", second.start_service())
    _yields(play, second, holder)
    play.ok(f"{second.name} yields: {holder.name} is healthy; nothing was written")


def service_dies(play: Play, holder: DemoInstance, second: DemoInstance) -> None:
    """Failover: the holder's service dies, and the other instance takes over."""
    play.chapter(f"{holder.name}'s service is killed: {holder.name} withdraws, {second.name} takes over")
    play.because(holder, "kill -9 of the service", holder.kill_service())
    play.expect(f"{holder.name} withdraws from every table", lambda: play.has_written(holder))
    play.expect(f"{second.name} takes over every table", lambda: play.points_at(second) and play.has_written(second))
    noticed = play.time_of(holder, Kind.WITHDRAWN) - play.cause
    taken = play.time_of(second, Kind.WRITE, last=True) - play.cause
    removed = _reaction(play, holder, Kind.WITHDRAWN)
    play.screen.say(f"   healthcheck noticed after {_ms(noticed)}; withdrawn -> deleted in {_ms(removed)};")
    play.ok(f"{second.name} took over {_ms(taken)} after the kill (poll_time is {POLL_TIME:g} s here)")


def service_returns(play: Play, former: DemoInstance, holder: DemoInstance) -> None:
    """No flapping: the former holder's service returns, and the healthy new holder keeps the routes."""
    play.chapter(f"{former.name}'s service is back: {former.name} announces, and leaves the prefix to {holder.name}")
    play.because(former, f"service listens on {LOOPBACK}:{former.port} again", former.start_service())
    _yields(play, former, holder)
    play.ok(f"{former.name} yields to {holder.name}: no flapping")


def instance_dies(play: Play, holder: DemoInstance, second: DemoInstance) -> None:
    """The holder dies with its daemon: no withdrawal, and the other instance replaces the black holes."""
    play.chapter(f"instance {holder.name} dies with its daemon: nobody withdraws, {second.name} takes over")
    play.because(holder, "kill -9 of the daemon and the service, instance terminated")
    play.stage.terminate(holder)
    play.screen.quote(play.tables(), "dim")
    what = f"{second.name} replaces every blackhole route of {holder.name}"
    play.expect(what, lambda: play.points_at(second) and play.has_written(second))
    taken = play.time_of(second, Kind.WRITE, last=True) - play.cause
    play.ok(f"{second.name} replaced the blackhole routes {_ms(taken)} after the death")


def end_comes(play: Play) -> None:
    """SIGTERM: the daemons withdraw their routes, and the tables are as before."""
    play.chapter("SIGTERM: what is announced is withdrawn, and the tables are as before")
    running = [instance for instance in play.stage.instances if instance.daemon is not None]
    for instance in running:
        play.because(instance, "SIGTERM to the daemon")
    statuses = play.stage.end_daemons()
    play.tell_news()
    for name, status in statuses.items():
        if status:
            raise DidNotHappen(f"{name}'s daemon ends with exit status 0: it was {status}")
    play.expect(f"no table has a route for {PREFIX}", lambda: play.points_at(None))
    killed = [instance.name for instance in play.stage.instances if instance.name not in statuses]
    names = (" and ".join(each) for each in (statuses, killed))
    play.ok("{} ended with exit 0 ({} was killed), every route is gone".format(*names))


def _yields(play: Play, second: DemoInstance, holder: DemoInstance) -> None:
    """Expect that `second` announces, yields to the holder, still does after its next poll, and writes nothing."""
    play.expect(f"{second.name} announces, and yields to {holder.name}", lambda: play.yields(second))
    play.verdict(second, "status: yield (owner-healthy) for every table")
    play.expect(f"{second.name} reads the tables once more", play.reads_again(second))
    play.expect(f"{second.name} still yields to {holder.name}", lambda: play.yields(second))
    play.time_of(second, Kind.ANNOUNCED)
    if play.writes_of(second) or not play.points_at(holder):
        raise DidNotHappen(f"{second.name} leaves every table to {holder.name}, and writes nothing")


def _reaction(play: Play, instance: DemoInstance, heard: Kind) -> float:
    """Seconds from the daemon's log record of the line (`heard`) to EC2's last answer."""
    return play.time_of(instance, Kind.WRITE, last=True) - play.time_of(instance, heard)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
