"""Health checks of our own, in the order a result passes through them:

model     a check and its probe, as values                                                  pure
schedule  when each probe is due                                                            pure
probe     runs one probe of any type, and gives it up in time; probes/ has one file per type
opinion   from results to a verdict: rise and fall                                          pure
runner    one check, for ever; hooks: the programs that are run when its verdict changes
"""
