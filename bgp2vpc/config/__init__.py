"""Reads a YAML file into a frozen `Config`, or reports all its mistakes at once. `load` explains the steps.

load            reads a file: document, schema, references, build
reader          runs `load` in a child process at the start, in parallel with the daemon's imports
document        parses YAML into plain values with line numbers; yaml_errors: explains YAML syntax errors
schema/         every key: one file for each section
messages        puts pydantic's errors into words for the user
references      checks references between parts of the file
build           converts a valid file into values of other rooms; build_rules: for rules, build_checks: for checks
model           `Config`, and the values that belong to no other room
programs        checks the programs that the file names: text meant for a shell, missing programs
awsnycast       warnings and notes for users of AWSnycast
takeover_notes  notes about the effect of `if_unhealthy`
"""
