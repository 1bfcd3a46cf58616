-- Remembers the accounts that had an event.
insert into anlyt.accounts (account_id) select account_id from anlyt_rebuild.accounts order by 1 on conflict do nothing
