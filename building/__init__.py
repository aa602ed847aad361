"""What is built before the gateway runs: Node, where it is needed, and GraphiQL's page."""
