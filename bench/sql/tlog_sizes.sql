-- Bytes of the log's tables with their indexes, per row.
select 'leaf' as name, pg_total_relation_size('anlyt.tlog_arrivals') / greatest(1, (select count(*) from anlyt.tlog_arrivals)) as bytes
union all
select 'entry', (
    pg_total_relation_size('anlyt.tlog_entries') + pg_total_relation_size('anlyt.tlog_nodes')
    + pg_total_relation_size('anlyt.tlog_periods') + pg_total_relation_size('anlyt.tlog_checkpoints')
) / greatest(1, (select count(*) from anlyt.tlog_entries))
