"""The reports: typed answers, read in one snapshot and only with a Scope."""
