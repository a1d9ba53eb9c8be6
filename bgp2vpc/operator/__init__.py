"""What people and AWS order, and what the daemon tells of itself. `operator` has the theory of operation.

verbs            every verb of the socket, the page and the command line, in one table
orders           holds, takeovers and drains, as values                                      pure
operator         carries orders out
drain            hands the routes of a prefix over to other instances, then withdraws it
lifecycle        drains before AWS ends this instance; hook_completion: tells Auto Scaling when that is done
tag_watch        drains while this instance has a tag; avoided_zones: what tables say by their tags of zones
state_file       keeps drains and holds over a restart
answers          answers to questions from the socket and the page                           pure
explaining       gathers the facts of `bgp2vpc why`; why: its sentences; why_json: its JSON
status           rows of `bgp2vpc status --json`                                             pure
"""
