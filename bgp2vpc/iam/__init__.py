"""The least IAM policy that a configuration needs. Pure: from the configuration to a value that prints itself.

policy  what a policy is, and its JSON
scope   a set of route tables, as far as IAM can tell tables apart
like    a regular expression as a pattern of StringLike
tables  a finder -> scopes
least   a configuration -> the policy; accounts: that of the roles in other accounts
"""
