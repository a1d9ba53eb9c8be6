"""`plan`: shows the writes that a cycle would make now. Never writes."""

import argparse
import json
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bgp2vpc.cli.options import Commands, add_file, read_by, terminal_size, visible

ASSUMED: Final = "(assumed)"
"""Name of the source of the announcements by `--assume`."""

if TYPE_CHECKING:
    from bgp2vpc.bgp.rib import Offer
    from bgp2vpc.config.model import Config
    from bgp2vpc.errors import Ec2Error
    from bgp2vpc.policy.decision_input import DecisionInput
    from bgp2vpc.policy.list_entries import EntryChanges
    from bgp2vpc.policy.plan import Plan
    from bgp2vpc.policy.rule import Rule
    from bgp2vpc.prefix import Prefix
    from bgp2vpc.reconcile.view import View
    from bgp2vpc.vpc.aws.connect import Ec2Connection
    from bgp2vpc.vpc.model import Route, RouteTable


def add(commands: Commands) -> None:
    """Add the command."""
    plan = commands.add_parser(
        "plan",
        epilog="example: bgp2vpc plan --assume 192.0.2.53/32",
        help="show what would be changed now, and why; never writes",
        description="Reads the route tables from EC2, applies the rules of FILE, and asks the running daemon for its "
        "paths. Without a daemon there are no announcements: add the expected ones with --assume.",
        allow_abbrev=False,
    )
    add_file(plan)
    plan.add_argument("--socket", metavar="S", type=Path, help="the daemon's unix socket (default: FILE's)")
    plan.add_argument(
        "--assume", metavar="PREFIX", type=read_by("bgp2vpc.prefix", "parse_prefix"), action="append", default=[],
        help="plan as if this host also announced it, or its health checks were healthy; may be repeated",
    )  # fmt: skip
    plan.add_argument("--json", action="store_true", help="for programs")
    plan.set_defaults(command=run)


def run(args: argparse.Namespace) -> int:
    """Ask the daemon for its paths, read EC2, decide, print. Raises PlanRefused as the daemon would."""
    import asyncio

    from bgp2vpc.config.load import load
    from bgp2vpc.policy.guard import guard
    from bgp2vpc.policy.tables import not_accepted
    from bgp2vpc.prefix import PrefixListId
    from bgp2vpc.reconcile.list_writer import changes_wanted
    from bgp2vpc.vpc.aws.connect import Identity, connect

    config = load(args.file)
    inputs = _inputs(args.socket or config.socket, config)
    inputs = replace(inputs, offers=with_assumed(inputs, config, args.assume))
    identity = Identity(config.instance_id, config.region, config.vpc_id)
    connection = connect(identity, config.ec2.timeout, config.ec2.concurrency)
    view = asyncio.run(_observed(connection, config, inputs))
    if not args.json:  # before the guard, which may refuse the plan
        _show_rules(config, view)
    for prefix in not_accepted(view.rules, inputs):
        print(f"bgp2vpc: {prefix} is announced, and not permitted by any rule", file=sys.stderr)
    plan = guard(view.plan(inputs), view.tables, view.snapshot, config.max_changes)
    covering = [view.tables[each.table_id].table.covering_route(each.prefix) for each in plan.verdicts]
    # The entries of a list depend on its routes: plan them as if these were written already.
    for change in plan.changes:
        if isinstance(change.prefix, PrefixListId):
            view.wrote(change, 0.0)
    entries = changes_wanted(view, inputs, config.max_changes)
    if args.json:
        print(json.dumps(_plan_json(config, view, plan, covering, entries.values()), indent=2))
    else:
        _show_plan(view, plan, covering, entries.values())
    return 0


def _plan_json(
    config: "Config",
    view: "View",
    plan: "Plan",
    covering: "Sequence[Route | None]",
    entries: "Collection[EntryChanges]",
) -> dict[str, object]:
    """The document that `--json` prints."""
    from bgp2vpc.policy.explain import covering_json

    rules = [
        {
            "rule": rule.name,
            "answers": view.answers(rule),
            "route_tables": [
                {"id": each.id, "name": each.tags.get("Name", ""), "account": each.account or None}
                for each in _tables_of(rule, view)
            ],
        }
        for rule in config.rules
    ]
    verdicts = [
        {**verdict.to_json(), "covering": covering_json(route)}
        for verdict, route in zip(plan.verdicts, covering, strict=True)
    ]
    lists = [each.to_json() for each in entries]
    return {**plan.to_json(), "verdicts": verdicts, "rules": rules, "prefix_lists": lists}


def _tables_of(rule: "Rule", view: "View") -> "list[RouteTable]":
    return [policy.table for policy in view.tables.values() if rule in policy.rules]


def _table_words(table: "RouteTable") -> str:
    name = table.tags.get("Name", "")
    words = f"{table.id} ({name})" if name else table.id
    return f"{words} of {table.account}" if table.account else words


def _show_rules(config: "Config", view: "View") -> None:
    """Print the tables that each rule finds, and how often the daemon polls them."""
    from bgp2vpc.vpc.auto_poll_time import MOST_AT_SHORTEST, SHORTEST

    for rule in config.rules:
        nothing = "no route table (check `find`)" if view.answers(rule) else f"nothing: {rule.access} gives no answer"
        found = ", ".join(map(_table_words, _tables_of(rule, view)))
        _show(f"rule {rule.name} finds {found or nothing}")
    if config.poll_time is None:
        words = f"{SHORTEST:g} s, or longer with more than {MOST_AT_SHORTEST} instances"
        _show(f"EC2 is polled every {words} (poll_time: auto; `bgp2vpc status` shows what is chosen)")


def _show_plan(
    view: "View", plan: "Plan", covering: "Sequence[Route | None]", entries: "Collection[EntryChanges]"
) -> None:
    """Print the verdict of each place, the changes of prefix lists, the use of quotas, and the number of changes."""
    from bgp2vpc.policy.explain import covering_words
    from bgp2vpc.policy.list_entries import routes_counted

    for verdict, route in zip(plan.verdicts, covering, strict=True):
        table = _table_words(view.tables[verdict.table_id].table)
        target = verdict.target or "none"
        what = f"{verdict.kind.value} ({verdict.reason.value}); target {target}; rule {verdict.rule}"
        detail = f"; {verdict.detail}" if verdict.detail else ""
        covered = f"; {covering_words(route)}" if route else ""
        _show(f"{verdict.prefix} in {table}: {what}{detail}{covered}")
    for changes in entries:
        found = (view.snapshot.prefix_lists or {}).get(str(changes.list_id))
        name = f" ({found.name})" if found else ""
        _show(f"entries of {changes.list_id}{name}: {changes.in_words(found)}")
        for table_id, table_policy in view.tables.items():
            if found and changes.list_id in table_policy.lists:
                used, of_lists = routes_counted(table_policy.table, table_policy.lists, view.snapshot, found.ip_version)
                of_them = f"{of_lists} of them by MaxEntries of prefix lists"
                _show(f"{table_id} has {used} IPv{found.ip_version} routes as its quota counts them, {of_them}")
    print(f"{len(plan.changes)} change{'' if len(plan.changes) == 1 else 's'}")


def _show(sentence: str) -> None:
    """Print the sentence, wrapped to the terminal's width between words."""
    from bgp2vpc.cli.report import wrapped

    print("\n".join(wrapped(visible(sentence), terminal_size().columns)))


def with_assumed(
    inputs: "DecisionInput", config: "Config", prefixes: "Sequence[Prefix]"
) -> "Mapping[Prefix, Sequence[Offer]]":
    """The offers of `inputs`, and one offer of each of `prefixes` by every source that could announce it.

    A drained prefix gets none, since the daemon announces nothing for it, whoever offers it.
    These are its health checks if it is managed, and a script named `ASSUMED` if it is not or if a rule accepts it.
    """
    from bgp2vpc.bgp.events import Announce
    from bgp2vpc.bgp.rib import Offer, Side
    from bgp2vpc.exabgp_api.line import parse

    offers = dict(inputs.offers)
    for prefix in dict.fromkeys(prefixes):
        if prefix in inputs.drained:
            words = "is drained, so that announcing it changes nothing until `bgp2vpc undrain`"
            print(f"bgp2vpc: {prefix} {words}; not assumed", file=sys.stderr)
            continue
        lines = [
            (source.name, Side.CHECK, each.line)
            for source in config.checked_sources
            for each in source.announcements
            if each.prefix == prefix
        ]
        if not lines or any(rule.accept.accepts(prefix) for rule in config.rules):
            lines.insert(0, (ASSUMED, Side.LOCAL, f"announce route {prefix} next-hop self"))
        known = {each.source for each in offers.get(prefix, ())}
        assumed = [
            Offer(source, event.path, side)
            for source, side, line in lines
            for event in parse(line).events
            if source not in known and isinstance(event, Announce)
        ]
        offers[prefix] = (*offers.get(prefix, ()), *assumed)
    return offers


def _inputs(socket: Path | None, config: "Config") -> "DecisionInput":
    """The daemon's input of the decision: the offers of its sources, drains and holds.

    Without a daemon, as if it had just started: managed routes without checks, and the orders of the state file.
    """
    from bgp2vpc.bgp.rib import Rib, Side
    from bgp2vpc.exabgp_api.line import parse
    from bgp2vpc.operator.orders import OrderKind, Orders, prefixes_of
    from bgp2vpc.operator.state_file import StateFileError, load_state
    from bgp2vpc.policy.decision_input import DecisionInput
    from bgp2vpc.sources.client import BadAnswer, questions
    from bgp2vpc.sources.unix import SocketError

    if socket:
        try:
            (told,) = questions(socket, "paths")
        except SocketError as error:
            print(f"bgp2vpc: {error}; planning as a daemon that starts now", file=sys.stderr)
            _tell_what_is_silent(config)
        else:
            checked = [source.name for source in config.checked_sources]
            try:
                return DecisionInput.from_json(told, checked)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                words = f"the daemon answers as this version does not expect ({error!r}): is it another one?"
                raise BadAnswer(f"{socket}: {words}") from error
    rib = Rib()
    for source in (each for each in config.checked_sources if not each.checks):
        rib.open(source.name, Side.CHECK)
        for announcement in source.announcements:
            rib.apply(source.name, parse(announcement.line).events[0])
    try:
        orders = load_state(config.state_file, time.time())
    except StateFileError as error:
        print(f"bgp2vpc: {error}; nothing is taken for draining or held", file=sys.stderr)
        orders = Orders()
    draining = orders.draining(config.backup_med)
    return DecisionInput(
        offers=draining.offers(rib.offers),
        leftovers_held=True,
        drained=draining.drained,
        held=prefixes_of(orders.of(OrderKind.HOLD)).prefixes,
    )


def _tell_what_is_silent(config: "Config") -> None:
    """Without a daemon: print which sources will announce prefixes that this plan does not know."""
    scripts = ", ".join(process.name for process in config.processes)
    silent = [f"scripts announce nothing before they run ({scripts})"] if scripts else []
    if any(source.checks for source in config.checked_sources):
        silent.append("health checks have no verdict before they run")
    if any(rule.accept.entries for rule in config.rules) and not scripts:
        silent.append("nothing is announced before a daemon hears it")
    if silent:
        hint = "`--assume PREFIX` plans as if it were announced"
        print(f"bgp2vpc: {'; '.join(silent)}; {hint}", file=sys.stderr)


async def _observed(connection: "Ec2Connection", config: "Config", inputs: "DecisionInput") -> "View":
    """Read from EC2 what a cycle reads: tables, interfaces of routes, and the health of their instances."""
    from bgp2vpc.policy.place_state import Places
    from bgp2vpc.reconcile.ec2_calls import Calls, Connector
    from bgp2vpc.reconcile.read.lookup import learn_health, resolve
    from bgp2vpc.reconcile.read.poll import observe
    from bgp2vpc.reconcile.read.questions import instances_to_ask_about, unknown_interfaces
    from bgp2vpc.reconcile.view import View

    view = View(connection.instance, config.rules, config.policy, Places(config.settle_time, config.damping))
    calls = Calls(Connector(lambda: connection), 1, config.ec2.timeout)
    try:
        await calls.connector.connected()
        snapshot = await observe(calls, view, _tell)
        now = time.monotonic()
        view.observed(snapshot, now, now)
        await resolve(calls, view, unknown_interfaces(view, inputs), _tell)
        if instances := instances_to_ask_about(view, inputs):
            await learn_health(calls, view, instances, _tell)
    finally:
        calls.close()
    return view


def _tell(subject: str, error: "Ec2Error | None") -> None:
    if error is not None:
        print(f"bgp2vpc: {subject}: {error}", file=sys.stderr)
