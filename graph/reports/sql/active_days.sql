-- The accounts that were active on the days from $1 to $2, as far as that is known of the day as it is now; and hour by
-- hour on the days $3 and $4.
select active.day - date '1970-01-01' as day, accounts, case when active.day in ($3, $4) then hours end as hours
from anlyt.active_days as active
join anlyt.event_days as days on days.day = active.day and days.version = active.version
where active.day between $1 and $2
