-- The accounts that were active on the days $1, as far as that is known of the day as it is now; and hour by hour on the
-- days $2.
select active.day - date '1970-01-01' as day, accounts, case when active.day = any($2::date[]) then hours end as hours
from anlyt.active_days as active
join anlyt.event_days as days on days.day = active.day and days.version = active.version
where active.day = any($1::date[])
