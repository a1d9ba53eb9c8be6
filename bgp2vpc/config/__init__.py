"""The configuration: YAML -> a frozen `Config`, or every mistake in it at once. `load` has the steps.

load            reads a file: document, schema, references, build
reader          at the start: `load` in a child process, beside the imports of the daemon
document        YAML text -> plain values that remember their lines; yaml_errors: what is wrong with what is no YAML
schema/         every key: one file for each section
messages        what pydantic found, in words a person can act on
references      what one part of the file says of another
build           a correct file -> the values of other rooms; those of rules in build_rules, of checks in build_checks
model           those of them that belong to no other room, and `Config`
programs        programs that the file has run: texts meant for a shell, programs that are not there
awsnycast       what users of AWSnycast should know about their file
takeover_notes  what `if_unhealthy` costs, and where BGP does not decide
"""
