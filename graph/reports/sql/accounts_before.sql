-- Up to $2 accounts before $1 (null: from the last), by id downwards.
select coalesce(array_agg(account_id order by account_id desc), '{}')
from (
    select account_id
    from anlyt.accounts
    where $1::text is null or account_id < $1
    order by account_id desc
    limit $2::int
) as page
