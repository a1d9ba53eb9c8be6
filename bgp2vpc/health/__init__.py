"""Health checks, in the order that a result passes through the files. `runner` has the theory of operation.

model     a check and its probe, as values                                                  pure
probe     runs one probe of any type, and gives it up in time; probes/ has one file per type
reasons   why a probe failed, and whether that speaks against what it probes
rise_fall from results to a verdict: rise and fall                                          pure
results   the last results of one check, its verdict and its status                         pure
runner    runs one check: when each probe is due, and what its result changes
hooks     the programs that are run when a verdict changes; programs: how one is run
"""
