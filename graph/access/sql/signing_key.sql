-- The key that all processes sign with.
select key from anlyt.signing_key
