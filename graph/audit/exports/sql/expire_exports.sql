-- Their links are given to nobody from now on; the files go next.
update anlyt.audit_exports set state = 'expired'
where state = 'done' and expires_at <= clock_timestamp()
returning export_id
