"""A stand-in for EC2 on loopback, for the tests, the benchmarks and `bgp2vpc demo`.

moto keeps the state and speaks EC2's protocol, but accepts requests that EC2 refuses. So layers are put around it:

front/     in front of EC2: throttling, errors, lost answers, latency, IAM
backend/   moto's state, Auto Scaling, stale reads; builds worlds in it
fidelity/  inside moto: refuses what EC2 refuses, computes what EC2 computes
imds       IMDSv2 of every instance; metadata: what it answers, made from moto's state
log        every call that arrived
wire       EC2's query protocol, seen from the server

server     one process that serves all of them on one port (`python -m bgp2vpc.demo.cloud`)
sockets    its HTTP server, which can also reset a connection
control    what a test may ask of that process beyond EC2's own API; verbs: the questions; values: their frozen values
client     its typed client: `with Cloud.start() as cloud: …`
process    starts that process
"""
