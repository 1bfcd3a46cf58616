-- Facts that came before the pipeline `copies` did are searched for copies under several tenants: what the streams may still
-- have, and hence may have stored more than once. (A table without facts has nothing to search.) The pipeline
-- `cubes` of an older version stops at these marks, and those of ingest, until it is the new one.
insert into anlyt.dirty (cube, tenant_id, hour)
select 'facts_dlr', '', toStartOfMinute(now('UTC')) - toIntervalMinute(number) from numbers(11520)
where (select count() from anlyt.facts_dlr) > 0;

insert into anlyt.dirty (cube, tenant_id, hour)
select 'facts_cdr', '', toStartOfMinute(now('UTC')) - toIntervalMinute(number) from numbers(11520)
where (select count() from anlyt.facts_cdr) > 0;

insert into anlyt.dirty (cube, tenant_id, hour)
select 'facts_compliance', '', toStartOfMinute(now('UTC')) - toIntervalMinute(number) from numbers(11520)
where (select count() from anlyt.facts_compliance) > 0;
