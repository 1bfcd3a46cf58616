-- Whether function $1 never read another incarnation of its stream than that of $2.
select not exists (select from anlyt.sources where function = $1 and stream_made_at <> $2)
