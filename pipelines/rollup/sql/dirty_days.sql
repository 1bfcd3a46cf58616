-- The days to add up: day $1 if it is not null, else all if $2, else those that changed since they were last added up.
select day from anlyt.event_days
where case when $1::date is not null then day = $1 else $2 or version > rolled_version end
