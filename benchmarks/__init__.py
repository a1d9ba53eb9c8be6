"""How fast, how small: `make bench` runs what takes two minutes, `make bench-all` all of it; each figure has a bound.

results.json has the last figures of each benchmark, with when, where and beside what they were measured, and figures
that were taken once, by hand (page, profile, memory, serf, far-before). `make generate` writes the documents' tables
from it.

Whole daemons are measured, over HTTP, against the test cloud (`bgp2vpc.demo.cloud`) with 100 ms added to every call;
it runs in a process of its own. Times are of the monotonic clock, which all processes of a host share.

latency     from an announce or withdraw line to the call at EC2
creates     500 routes at once: without a limit, and (`paced`) under EC2's
lines       how many lines a second are understood
footprint   time from start to first write (`start`); memory, idle CPU
load        what a flood of announcements does to the answer of a healthcheck
checks      200 health checks a second: CPU, and how steady they are
failover    from a service's death, here or at the routes' owner, to the call at EC2
outages     the same where a check is refused, dropped or hangs, at one probe a second
takeover    500 routes of a dead instance, and of one whose service is dead (`takeover500`)
web         what clients that poll the page do to a route that has to be written
garbage     what clients that send garbage, or are too many, do to the answer of a healthcheck
flood       what scripts that print without pause do to answers, checks and the event loop
crowd       1,000 slow checks and 100 idle clients within 1,024 descriptors
fleet       what fleets of instances ask of EC2, on virtual time
far         from a service's death to the answer of EC2, with TLS and a round trip of 40 ms (needs root)
gaps        what a client notices when something befalls the host that has the route: bgp2vpc as a helper
gaps_of_run the same, where bgp2vpc runs ExaBGP
soak        an hour of faults, not part of `make bench-all` (`make soak`, needs root)

figures     a measured figure and the bounds it is held against
subject     the daemon that is measured, and the pipe of its script
distance    a link with a delay, and TLS at its end
service     what health checks find: a process that answers, dies, or is cut off
"""
