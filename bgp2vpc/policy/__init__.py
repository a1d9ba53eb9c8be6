"""Decides what has to change in the VPC, from the BGP side and the VPC side. Pure; `decide` explains how it works.

plan                  the plan: verdicts with their reasons, changes
rule                  an entry of `routetables`
tables                the rules of each table
list_entries          managed prefix lists: the entries that they should have
decision_input        the state of sources, checks, neighbors and operator's orders, as a value
damping place_state   the state kept for a place: failures, awaited writers, how often its route has moved
place                 one place, with all inputs of its decision
best_path             the interface that each path leads to, and the best path
verdict               the truth table: what has to change at the place
verdict_by_best_path  the truth table if paths of peers count
decide                decides every place; selects the owners and next hops to look up,
                      and our routes that no source offers
guard                 the last check of a plan before it is written
explain               puts a decision into words
"""
