-- The days to add up: one ($1), or all ($2), or those that changed since they were last added up.
select day from anlyt.event_days
where case when $1::date is not null then day = $1 else $2 or version > rolled_version end
