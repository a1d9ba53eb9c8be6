"""Where both sides meet: what has to change in the VPC. Pure; `decide` says how it works.

plan                  the plan: verdicts with their reasons, changes
rule                  what one entry of `routetables` says
tables                which rules are about which table
list_entries          managed prefix lists: what their entries have to be
decision_input        what sources, checks, neighbors and operators say, as a value
damping place_state   what is remembered of a place: failures, who is awaited, how often its route has moved
place                 one place, with all that is known of it
best_path             which of its paths is the best, and where each leads
verdict               what has to change there: the truth table
verdict_by_best_path  the truth table where the paths of peers count
decide                one place after the other; which owners and peers matter
guard                 the last check of a plan before it is written
explain               a decision in words
"""
