-- Marks cells again that another run computed at the same time; there are none while the lease holds.
insert into anlyt.dirty (cube, tenant_id, hour)
select distinct 'cube_dlr_daily', tenant_id, day from anlyt.cube_dlr_daily final
where (tenant_id, day) in JSONExtract(%(cells)s, 'Array(Tuple(String, DateTime(\'UTC\')))') and ver != %(version)s
