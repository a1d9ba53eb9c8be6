"""The output of `bgp2vpc why --json`. Pure."""

from typing import Any

from bgp2vpc.operator.orders import utc_or_none
from bgp2vpc.operator.why import Facts, PlaceFacts, RuleFacts, lines
from bgp2vpc.policy.explain import REASONS, ExplainedPath, covering_json


def to_json(facts: Facts) -> dict[str, Any]:
    """All facts as JSON values, and the sentences (`lines`). Times are in UTC."""
    return {
        "schema": 1,
        "prefix": str(facts.prefix),
        "announcers": [
            {
                "source": each.source,
                "kind": each.kind,
                "line": each.line,
                "since": utc_or_none(each.at),
                "stale_for": each.stale_for,
                "as_drained": each.as_drained,
            }
            for each in facts.announcers
        ],
        "withdrawals": [
            {"source": each.source, "kind": each.kind, "at": utc_or_none(each.at), "how": each.how, "line": each.line}
            for each in facts.withdrawals
        ],
        "steering": list(facts.steering),
        "rules": [_rule_json(each) for each in facts.rules],
        "tables": [_place_json(each) for each in facts.places],
        "prefix_lists": [
            {
                "prefix_list_id": each.list_id,
                "rule": each.rule,
                "is_entry": each.is_entry,
                "pending": each.pending,
                "routes": {table: route and str(route.target) for table, route in each.routes},
            }
            for each in facts.lists
        ],
        "unruled": [{"route_table_id": table, "target": str(route.target)} for table, route in facts.unruled],
        "polled": facts.polled,
        "unread": facts.unread or None,
        "read": facts.read_at,
        "refused": facts.refused or None,
        "lines": lines(facts),
    }


def _rule_json(rule: RuleFacts) -> dict[str, Any]:
    return {
        "rule": rule.name,
        "accepts": rule.accepts,
        "where": rule.where,
        "covered_by": rule.covered_by,
        "covered_at": rule.covered_at,
        "route_tables": list(rule.tables),
        "managed_by": rule.source or None,
        "checks": [
            {
                "name": each.name,
                "state": each.state,
                "since": utc_or_none(each.since),
                "unknown_since": utc_or_none(each.unknown_since),
                "reason": each.reason,
            }
            for each in rule.checks
        ],
    }


def _place_json(place: PlaceFacts) -> dict[str, Any]:
    why, since, trouble = place.why, place.since, place.trouble
    route = why.route
    return {
        "route_table_id": why.table_id,
        "route_table_name": why.table_name,
        "account": why.account or None,
        "rule": why.rule,
        "covered_by": why.covered_by,
        "where": why.where,
        "takeover": why.takeover,
        "settings": why.settings,
        "candidates": [_candidate_json(each) for each in why.paths],
        "route": route
        and {
            "target": str(route.target),
            "owner": route.instance_id,
            "state": route.state.value,
            "since": utc_or_none(since.target) if since else None,
            "found_at_start": since.found if since else None,
        },
        "propagated": why.propagated and str(why.propagated.target),
        "covering": covering_json(why.covering),
        "verdict": why.verdict and why.verdict.to_json(),
        "meaning": why.verdict and REASONS[why.verdict.reason],
        "since": utc_or_none(since.verdict) if since else None,
        "change": why.change and why.change.to_json(),
        "next": why.next,
        "failure": trouble
        and {
            "error": trouble.error,
            "attempts": trouble.attempts,
            "seconds_ago": round(trouble.ago, 1),
            "retry_in": round(trouble.retry_in, 1),
        },
        "damped_for": place.suppressed_for,
        "awaits": place.awaits,
        "late": list(place.late),
        "unread": place.is_unread,
        "health_unread": place.health_unread or None,
    }


def _candidate_json(candidate: ExplainedPath) -> dict[str, Any]:
    path = candidate.offer.path
    return {
        "source": candidate.offer.source,
        "side": candidate.offer.side.value,
        "next_hop": str(path.next_hop),
        "interface": candidate.interface_id or None,
        "med": path.attributes.med,
        "local_preference": path.attributes.local_preference,
        "as_path_length": path.attributes.as_path_length(),
        "best": candidate.won_by is not None,
        "won_by": candidate.won_by and candidate.won_by.value,
        "lost_by": candidate.lost_by and candidate.lost_by.value,
        "not_considered": candidate.excluded or None,
    }
