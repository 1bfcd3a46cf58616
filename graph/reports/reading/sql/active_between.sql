-- The numbers of the accounts with an event from $1 until $2. Every account with an hour is in anlyt.accounts.
select array_send(array_agg(number))
from anlyt.accounts
where exists (
    select from anlyt.metrics_hourly
    where scope = 'ACCOUNT' and scope_id = account_id and hour_bucket >= $1 and hour_bucket < $2
)
