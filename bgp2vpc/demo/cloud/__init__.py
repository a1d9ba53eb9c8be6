"""A stand-in for EC2 on loopback, for the tests, the benchmarks and `bgp2vpc demo`.

moto keeps the state and implements EC2's protocol, but accepts requests that EC2 refuses. The layers around it correct
this. A call passes them in this order:

client     the typed client of tests: `with Cloud.start() as cloud: …`; process: starts the process of the cloud
server     one process that serves all on one port (`python -m bgp2vpc.demo.cloud`)
sockets    its HTTP server, which can also reset a connection
wire       EC2's query protocol, on the server's side
log        the log of all calls
front/     in front of EC2: throttling, errors, lost answers, latency, IAM
backend/   moto's state, Auto Scaling, stale reads; builds worlds in it
fidelity/  inside moto: refuses requests as EC2 does, computes states as EC2 does

Beside EC2's API, the server has:

imds       IMDSv2 of every instance; metadata: its content, made from moto's state
control    a test's access beyond EC2's own API; verbs: the requests; values: their frozen values
"""
