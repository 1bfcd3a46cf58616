-- Bytes of the log's tables with their indexes, per row; of a checkpoint, the bytes of its note.
select 'leaf' as name, pg_total_relation_size('anlyt.tlog_arrivals') / (select count(*) from anlyt.tlog_arrivals) as bytes
union all
select 'entry', (pg_total_relation_size('anlyt.tlog_entries') + pg_total_relation_size('anlyt.tlog_nodes'))
    / (select count(*) from anlyt.tlog_entries)
union all
select 'note', (select octet_length(note) from anlyt.tlog_checkpoints order by size desc limit 1)
