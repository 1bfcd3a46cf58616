"""What each command of `anlyt` does, one file per command: it opens connections and passes them to the packages.

`cli/` declares the commands, `support/` has what several of them need.
"""
