-- Records how many messages stream $1, which was made at $2, stored in each hour. Further processes note the same; the one
-- that saw more of an open hour is right, and a closed hour does not change.
insert into anlyt.stream_hours as h (stream, stream_made_at, hour, first_sequence, stored, closed)
select $1, $2, * from unnest($3::timestamptz[], $4::int8[], $5::int8[], $6::bool[])
on conflict (stream, stream_made_at, hour) do update set
    stored = greatest(h.stored, excluded.stored), closed = excluded.closed
where not h.closed and (h.stored < excluded.stored or excluded.closed)
