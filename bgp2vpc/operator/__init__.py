"""Orders of people and of AWS, and reports about decisions. `operator` explains how the room works.

verbs            the table of all verbs of the socket, the page and the command line         pure
orders           holds, takeovers and drains, as values                                      pure
operator         carries out orders
drain            hands the routes of a prefix over to other instances, then withdraws it
lifecycle        drains before AWS ends this instance; hook_completion: completes Auto Scaling's hook after that
tag_watch        drains while this instance has a tag; avoided_zones: reports the zones that tables avoid by tag
state_file       saves drains and holds for the next start
answers          helpers for answers on the socket and the page                              pure
explaining       gathers the facts for `bgp2vpc why`; why: its sentences; why_json: its JSON
status           rows of `bgp2vpc status --json`                                             pure
"""
