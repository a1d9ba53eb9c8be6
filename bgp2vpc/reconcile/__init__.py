"""The reconcile loop: observe, decide, apply. `reconciler` describes the cycle.

reconciler   the cycle, and the events that bring the next decision forward
inputs       the inputs of decisions apart from EC2's reads; the queue of prefixes to decide about
view         the last reads of EC2, corrected by our own writes; the tables that the rules find in them
read/        observe: polls, rereads of single tables, lookups of interfaces and instances
decisions    decide: makes the plan, records the verdicts, notifies the observers
slices       decisions about thousands of places
write/       apply: selects the changes that may be written now, writes them, retries those that failed
list_writer  writes the entries of the prefix lists whose route is ours
ec2_calls    EC2's blocking calls as awaitables
observer     the events of the loop as values, and the interface of those who receive them
journal      logs these events; keeps recent errors and cycles for the status
"""
