"""Derives the least IAM policy that a configuration needs. Pure.

policy  a policy as a value, and its JSON
scope   a set of route tables, as IAM's conditions can express it
like    converts a regular expression into StringLike patterns
tables  converts a finder into scopes
least   derives the policy from a configuration; accounts: also for roles in other accounts
"""
