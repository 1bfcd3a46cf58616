"""What the stores list: ids, comparisons with billing, runs of pipelines, and closed days.

Each answer is one statement through the reports' `Reader`. `id_lists` and `reconciliation` return pages, `status` the
whole of short lists. `explanation` returns what could explain a comparison that is not OK (its `findings`), and reads
the ledger, too. `restatements` returns what changed on closed days.
"""
