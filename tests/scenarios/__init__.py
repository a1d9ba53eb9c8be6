"""The rows of docs/failure-scenarios.md, one test each, on virtual time: what follows, and within which time.

scene.py     hosts that announce the same prefix, what may befall them, and what came of it
"""
