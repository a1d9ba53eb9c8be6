"""A mutation run: does a test fail for every small change of the code that decides? `make mutants`.

The files, and the tests that have to find the changes, are in `places.toml`. The changes are mutmut's: another
operator, another constant, an argument less. A change that no test finds has *survived*: either a test is missing, or
nothing that matters has changed; then it is listed in `equivalent.toml`, with the reason.

mutmut itself starts pytest for each change, which costs more than the tests, and leaves out all properties. Here the
tests are collected once, and a process is forked for each change: it puts the changed code in place of the function's
and runs the tests that are known to call it.
"""
