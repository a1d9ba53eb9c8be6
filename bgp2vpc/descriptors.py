"""File descriptors: clients get a part of them, so that checks, EC2 and files always find some."""

import resource


def at_most(count: int, *, one_in: int) -> int:
    """`count`, or, if that is less, one in so many of the descriptors that this process may have; at least one."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return count if soft == resource.RLIM_INFINITY else max(1, min(count, soft // one_in))
