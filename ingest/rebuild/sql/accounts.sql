-- Remembers the accounts that had an event. Only what is new draws a number.
insert into anlyt.accounts (account_id)
select account_id
from anlyt_rebuild.accounts as counted
where not exists (select from anlyt.accounts as known where known.account_id = counted.account_id)
order by account_id
on conflict do nothing
