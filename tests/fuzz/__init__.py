"""Lines and configuration files that are wrong in every way: none of them may end in a traceback. `make fuzz`.

python -m tests.fuzz --lines 10000000 --files 1000000 --seed 1

lines.py   lines of scripts, and of ExaBGP in both encodings: those of the corpora, with something done to them
files.py   configuration files, made of those of the examples and tests
judge.py   what must hold of each
found.txt  what was wrong once, one input a line as a Python literal: a test judges it at each run
"""
