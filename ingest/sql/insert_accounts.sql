-- Remembers the accounts that had an event. Only what is new draws a number.
insert into anlyt.accounts (account_id)
select account_id
from unnest($1::text[]) as counted (account_id)
where not exists (select from anlyt.accounts as known where known.account_id = counted.account_id)
on conflict do nothing
