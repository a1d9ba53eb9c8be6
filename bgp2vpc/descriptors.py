"""Limits clients to a share of the file descriptors, so that some are left for checks, calls to EC2 and files."""

import resource


def at_most(count: int, *, one_in: int) -> int:
    """The smaller of `count` and this process's limit of descriptors divided by `one_in`; at least 1."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return count if soft == resource.RLIM_INFINITY else max(1, min(count, soft // one_in))
