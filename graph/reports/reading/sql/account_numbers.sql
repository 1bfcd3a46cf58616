-- The numbers of some accounts ($1).
select array_send(array_agg(number)) from anlyt.accounts where account_id = any($1::text[])
