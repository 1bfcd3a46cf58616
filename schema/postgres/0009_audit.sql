-- Who read what through the audit listener. A row is there before the first row of its answer leaves, and stays as it is.
create table anlyt.audit_access_log (
    access_id bigint generated always as identity primary key,
    accessed_at timestamptz not null default clock_timestamp(),
    caller text not null, -- the name that the certificate's SAN gives
    certificate_serial text not null, -- hexadecimal
    certificate_sha256 text not null, -- of the whole certificate, hexadecimal: serials are unique to an authority only
    request_id text not null, -- the answer's X-Request-Id
    operation text not null, -- 'query'
    tenant_id text not null,
    request jsonb not null, -- what was asked, with defaults filled in
    rows_before bigint not null, -- in the pages before this one
    row_count bigint not null
);
create index audit_access_log_by_tenant on anlyt.audit_access_log (tenant_id, accessed_at);

create function anlyt.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '%.% is only ever added to', tg_table_schema, tg_table_name;
end
$$;

create trigger only_added_to before update or delete or truncate on anlyt.audit_access_log
for each statement execute function anlyt.refuse_change();
