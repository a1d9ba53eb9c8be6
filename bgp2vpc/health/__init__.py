"""Health checks; the files are in the order in which a result passes through them. `runner` explains how it works.

model     a check and its probe, as values                                                  pure
probe     runs one probe of any type within its time-out; probes/ has one file per type
reasons   why a probe failed, and whether that is evidence against its destination
rise_fall from results to a verdict, by rise and fall                                       pure
results   the last results of one check, its verdict and its status                         pure
runner    runs one check: schedules its probes and handles their results
hooks     runs a check's programs when its verdict changes; programs: runs one program
"""
