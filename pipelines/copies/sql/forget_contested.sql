-- The peak of a cell is settled.
delete from anlyt.contested_peaks where (scope, scope_id, hour_bucket) = ($1, $2, $3::timestamptz)
