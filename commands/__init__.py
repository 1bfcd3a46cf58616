"""The commands of `anlyt`, one file per command: each opens connections and passes them to the packages.

`cli/` declares the commands with their options; `support/` has the parts that several commands share.
"""
