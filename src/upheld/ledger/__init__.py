"""The ledger: what is owed moves between state accounts by entries that are only ever added. Values in, values out."""
