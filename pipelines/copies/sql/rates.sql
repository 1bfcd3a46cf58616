-- Of each operator and account, the highest rate that its reports told and how many they are: of copies, the first.
select operator, account, max(rate) as peak, count() as events
from (
    select
        argMax(operator_id, ver) as operator,
        argMax(account_id, ver) as account,
        argMax(tps_snapshot, ver) as rate
    from anlyt.facts_dlr
    where event_time >= fromUnixTimestamp64Micro(%(begin)s, 'UTC') and event_time < fromUnixTimestamp64Micro(%(end)s, 'UTC')
    group by event_time, event_key
)
group by operator, account
