"""Creates partitions before they are needed, and drops old days of the dedup ledger and old runs."""
