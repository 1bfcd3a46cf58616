-- Remembers the accounts that had an event.
insert into anlyt.accounts (account_id) select unnest($1::text[]) on conflict do nothing
