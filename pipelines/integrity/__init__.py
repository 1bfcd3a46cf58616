"""A hash chain over the compliance facts of closed days: evidence that nothing was added, changed or dropped since."""
