"""HTTP: recording facts, receivers of webhooks, health and metrics, over the same store and the same closing as the command line."""
