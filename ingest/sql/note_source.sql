-- Remembers that function $1 reads the stream that was made at $2.
insert into anlyt.sources (function, stream_made_at) values ($1, $2) on conflict do nothing
