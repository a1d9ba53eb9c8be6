"""Health checks; the files are in the order in which a check and its results pass through them. `runner` explains it.

model     a check and its probe, as values                                                  pure
runner    runs one check: schedules its probes and handles their results
probe     runs one probe of any type within its time-out; probes/ has one file per type
reasons   why a probe failed, and whether that is evidence against its destination
results   the last results of one check, its verdict and its status                         pure
rise_fall from results to a verdict, by rise and fall                                       pure
hooks     runs a check's programs when its verdict changes; programs: runs one program
"""
