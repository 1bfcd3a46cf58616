-- Marks cells again that another run computed at the same time; there are none while the lease holds.
insert into anlyt.dirty (cube, tenant_id, hour)
select distinct '{cube}', tenant_id, {time} from anlyt.{cube} final
where (tenant_id, {time}) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\'UTC\')))') and ver != %(version)s
