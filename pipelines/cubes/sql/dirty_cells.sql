-- Cells to compute again, newest first: readers mostly query the newest, and a backlog can wait. Other marks belong to the
-- pipeline `copies`.
select distinct cube, tenant_id, hour from anlyt.dirty
where startsWith(cube, 'cube_')
order by cube, hour desc, tenant_id
limit %(limit)s
