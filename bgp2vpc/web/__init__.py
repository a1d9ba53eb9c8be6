"""The operator's page, its JSON, and the metrics: what the daemon knows, over HTTP. Nothing here decides anything."""
