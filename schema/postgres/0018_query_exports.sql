-- How many processes ended while they wrote an export: it may be what ends them.
alter table anlyt.audit_exports add column interruptions integer not null default 0;

-- Results of queries that callers asked to have written to S3, and how far they are.
create table anlyt.query_exports (
    export_id uuid primary key,
    number bigint generated always as identity unique, -- lists go by it
    -- Whose it is: only the same caller sees it. Rights are read when it is written, and when links are returned.
    role text not null check (role in ('admin', 'finance', 'customer')),
    tenant_id text not null, -- '*': all tenants, for the platform's callers. Who shares it shares limits
    caller text not null,
    idempotency_key text, -- of the request; a repeated request with it is the same export
    request text not null, -- the request's body
    requested_at timestamptz not null, -- relative windows are resolved against it
    state text not null default 'queued'
        check (state in ('queued', 'running', 'done', 'failed', 'cancelled', 'expired')),
    reason text, -- why it failed or expired, or what it waits for
    due_at timestamptz not null default clock_timestamp(), -- of a queued one: not to be tried before
    claim uuid, -- of the process that works on it, until leased_until unless it renews that
    leased_until timestamptz,
    interruptions integer not null default 0,
    rows_planned bigint, -- of the statement whose rows are written
    about text, -- JSON: what the manifest says of that statement
    unmasked text[] not null default '{}', -- dimensions that show a tenant real names of MNOs, under its addendum
    finished_at timestamptz,
    expires_at timestamptz, -- of one that is done
    manifest_sha256 text, -- hexadecimal
    purged_at timestamptz, -- when its files were deleted last
    check ((state = 'done') <= (manifest_sha256 is not null and expires_at is not null and about is not null))
);
create unique index query_exports_idempotency on anlyt.query_exports (role, tenant_id, caller, idempotency_key);
create index query_exports_of_tenant on anlyt.query_exports (tenant_id, number);
create index query_exports_unfinished on anlyt.query_exports (requested_at) where state in ('queued', 'running');
create index query_exports_ended on anlyt.query_exports (requested_at)
where state in ('failed', 'cancelled', 'expired');

-- The files of the attempt that is being written, or that was.
create table anlyt.query_export_files (
    export_id uuid not null references anlyt.query_exports on delete cascade,
    number integer not null check (number > 0),
    name text not null, -- in the export's folder of the bucket
    row_count bigint not null,
    byte_count bigint not null,
    sha256 text not null, -- hexadecimal
    primary key (export_id, number)
);

-- Signs their manifests: the 32 bytes of an Ed25519 private key (RFC 8032, 5.1.5). It is not the audit's, whose processes
-- share nothing with the API's.
create table anlyt.query_export_signing_key (
    only_row boolean primary key default true check (only_row),
    key bytea not null check (length(key) = 32)
);
insert into anlyt.query_export_signing_key (key)
values (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
