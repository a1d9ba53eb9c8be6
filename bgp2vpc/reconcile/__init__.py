"""Observe, decide, apply; `reconciler` has the cycle.

reconciler   the cycle, and what brings the next one nearer
inputs       what decisions are made from, and which are due
view         what EC2 has told, corrected by our own writes; the tables that rules find in it
read/        observe: polls, single tables, questions about instances
decisions    decide: the plan, remembered and told to the observers
slices       decisions about thousands of places
write/       apply: which changes may be written now; each of them; retries
list_writer  the entries of prefix lists whose route is ours
ec2_calls    EC2's calls, awaited
observer     what happens, as values; who hears of it
journal      what happened, for the log and the status
"""
