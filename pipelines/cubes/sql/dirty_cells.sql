-- Cells to compute again, the newest first: whoever looks at a cube looks there, and a backlog can wait.
select distinct cube, tenant_id, hour from anlyt.dirty
order by cube, hour desc, tenant_id
limit %(limit)s
