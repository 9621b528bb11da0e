"""Running clocks: what is open, what it has used, when anything changes next, and which steps have fallen due."""
