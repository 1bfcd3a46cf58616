-- The number of every tenant's newest leaf. The link that closed the last day ($1) has a leaf of each tenant; only
-- amendments, and tenants that these are the first to show, come after it.
select tenant_id, max(number) as number from anlyt.integrity_leaves where link >= $1 group by tenant_id
