-- Up to $2 accounts after $1 (null: from the first), by id.
select coalesce(array_agg(account_id order by account_id), '{}')
from (
    select account_id from anlyt.accounts where account_id > coalesce($1::text, '') order by account_id limit $2::int
) as page
