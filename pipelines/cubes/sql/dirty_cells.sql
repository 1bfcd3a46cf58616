-- Cells to compute again, the newest first: whoever looks at a cube looks there, and a backlog can wait. (Other marks are the
-- pipeline `copies`' own.)
select distinct cube, tenant_id, hour from anlyt.dirty
where startsWith(cube, 'cube_')
order by cube, hour desc, tenant_id
limit %(limit)s
