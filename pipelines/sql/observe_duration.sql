-- Adds $3 seconds to the histogram of the family $1 and the label $2 with the bounds $4, in the caller's transaction.
insert into anlyt.duration_totals as kept (family, label, le, observations, seconds)
values ($1, $2, (select min(le) from unnest($4::float8[]) as le where le >= $3::float8), 1, $3::float8)
on conflict (family, label, le) do update
set observations = kept.observations + 1, seconds = kept.seconds + excluded.seconds
