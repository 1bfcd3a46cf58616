-- name: accounts_after
-- Up to $2 accounts after $1 (null: from the first), by id.
select coalesce(array_agg(account_id order by account_id), '{}')
from (
    select account_id from anlyt.accounts where account_id > coalesce($1::text, '') order by account_id limit $2::int
) as page

-- name: accounts_before
-- Up to $2 accounts before $1 (null: from the last), by id downwards.
select coalesce(array_agg(account_id order by account_id desc), '{}')
from (
    select account_id
    from anlyt.accounts
    where $1::text is null or account_id < $1
    order by account_id desc
    limit $2::int
) as page

-- name: accounts_count
-- The number of accounts after $1 (null: of all), at most $2.
select count(*)
from (select from anlyt.accounts where account_id > coalesce($1::text, '') limit $2::int) as listed

-- name: operators_page
-- The operators of listed_operators.sql, in its order.
select coalesce(array_agg(operator_id order by number) filter (where operator_id is not null), '{}')
from (listed_operators) as listed

-- name: operators_count
-- The number of operators of listed_operators.sql.
select count(operator_id) from (listed_operators) as listed

-- name: closed_days
-- The newest $1 days of the hash chain as JSON, newest first.
select coalesce(json_agg(closed order by day desc), '[]')::text
from (
    select
        day,
        count(*) as links,
        sum(facts)::int8 as facts,
        max(number) as link,
        encode((array_agg(hash order by number desc))[1], 'hex') as hash
    from anlyt.integrity_links
    where day in (select day from anlyt.integrity_links where amends is null order by day desc limit $1::int4)
    group by day
) as closed

-- name: findings
-- The last comparisons of each day and currency as JSON, by status: how many, and the newest day.
select coalesce(json_agg(found order by status), '[]')::text
from (
    select status, count(*) as comparisons, max(day) as "newestDay"
    from (
        select distinct on (day, currency) day, status
        from anlyt.reconciliation_log
        order by day, currency, run_id desc
    ) as last
    group by status
) as found
