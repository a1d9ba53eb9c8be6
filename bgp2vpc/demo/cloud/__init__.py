"""An honest EC2 on loopback, for the tests, the benchmarks and `bgp2vpc demo`.

moto keeps the state and speaks the wire format; it is a poor judge of requests, so layers are put around it:

fidelity    inside moto: refuses what EC2 refuses, computes what EC2 computes
faults      in front: throttling, errors, lost answers, latency, stale reads, races, and the log of every call
iam         also in front: what a policy allows an instance
scaling     beside moto: Auto Scaling, as far as an instance needs it that leaves its group
metadata    IMDSv2 of every instance, made from what moto knows of it

server      one process that serves all of them on one port (`python -m bgp2vpc.demo.cloud`)
control     what a test may ask of that process beyond EC2's own API
values      the words of that conversation
client      its typed client: `with Cloud.start() as cloud: …`
"""
