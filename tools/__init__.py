"""Development tools: they fetch programs for tests, and write the files that are made from code (`export`)."""
