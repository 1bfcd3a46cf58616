-- What could explain the comparisons of day $1, as JSON. The day lasts from $2 until $3; $4: the most accounts.
with last as (
    select distinct on (day, currency) *
    from anlyt.reconciliation_log
    where day between $1::date - 1 and $1::date + 1
    order by day, currency, run_id desc
), outcomes as (
    select
        case when outcome in ('counted', 'copy') then outcome else 'refused' end as outcome,
        currency,
        stored_hour >= $3 as late,
        sum(messages)::int8 as messages,
        sum(amount)::numeric(38, 6)::text as amount,
        sum(refunds)::int8 as refunds,
        sum(refunded)::numeric(38, 6)::text as refunded
    from anlyt.message_outcomes
    where function = 'billing_metrics'
        and (event_hour >= $2 and event_hour < $3 or event_hour is null and stored_hour >= $2 and stored_hour < $3)
    group by 1, 2, 3
), midnight as (
    select
        event_hour = $3 as after,
        currency,
        sum(refunds)::int8 as refunds,
        sum(refunded)::numeric(38, 6)::text as refunded
    from anlyt.message_outcomes
    where function = 'billing_metrics' and outcome = 'counted' and event_hour in ($2, $3)
    group by 1, 2
), ours as (
    select reporting_currency::text as currency, sum(total_cost) as cost
    from anlyt.metrics_hourly cross join anlyt.deployment
    where scope = 'PLATFORM' and scope_id = 'platform' and hour_bucket >= $2 and hour_bucket < $3
    group by 1
    union all
    select currency::text, sum(total_cost)
    from anlyt.costs_hourly
    where scope = 'PLATFORM' and scope_id = 'platform' and hour_bucket >= $2 and hour_bucket < $3
    group by 1
), accounts as (
    select
        scope_id,
        coalesce(sum(total_cost) filter (where hour_bucket >= $2), 0) as cost,
        round(coalesce(sum(total_cost) filter (where hour_bucket < $2), 0) / 7, 6) as before
    from anlyt.metrics_hourly
    where scope = 'ACCOUNT' and hour_bucket >= $2::timestamptz - interval '7 days' and hour_bucket < $3
    group by scope_id
), moved as (
    select *, cost - before as change from accounts where cost <> before order by abs(cost - before) desc, scope_id limit $4
)
select json_build_object(
    'comparisons', (
        select coalesce(json_agg(json_build_object(
            'runId', run_id, 'day', day, 'currency', currency, 'ours', round(ours, 6)::text,
            'theirs', round(theirs, 6)::text, 'difference', round(difference, 6)::text, 'divergence', divergence::float8,
            'status', status, 'reason', reason, 'ourMessages', our_messages, 'theirMessages', their_messages,
            'comparedAt', compared_at
        ) order by day, currency), '[]') from last
    ),
    'outcomes', (select coalesce(json_agg(outcomes), '[]') from outcomes),
    'midnight', (select coalesce(json_agg(midnight), '[]') from midnight),
    'ours', (select coalesce(json_object_agg(currency, cost::numeric(38, 6)::text), '{}') from ours),
    'acceptances', (
        select coalesce(json_agg(json_build_object(
            'currency', currency, 'acceptedBy', accepted_by, 'acceptedAt', accepted_at, 'note', note,
            'difference', round(difference, 6)::text
        ) order by acceptance_id desc), '[]')
        from anlyt.reconciliation_acceptances where day = $1
    ),
    'accounts', (
        select coalesce(json_agg(json_build_object(
            'accountId', scope_id, 'cost', cost::numeric(38, 6)::text, 'before', before::numeric(38, 6)::text,
            'change', change::numeric(38, 6)::text
        ) order by abs(change) desc, scope_id), '[]') from moved
    )
)::text
