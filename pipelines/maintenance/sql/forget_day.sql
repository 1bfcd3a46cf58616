-- Drops a day of the ledger unless somebody claimed in it since; anlyt.event_days keeps what was forgotten.
select anlyt.forget_day($1, $2)
