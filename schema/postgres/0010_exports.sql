-- What the regulator's portal asked to have written to S3, and how far it is.
create table anlyt.audit_exports (
    export_id uuid primary key,
    -- Under which the request is recorded. It counts up, so lists go by it.
    access_id bigint not null unique references anlyt.audit_access_log,
    caller text not null,
    requested_at timestamptz not null default clock_timestamp(),
    dataset text not null,
    tenant_id text not null,
    from_time timestamptz not null, -- from_time <= event time < to_time
    to_time timestamptz not null,
    verdict text, -- null: all
    rule_type text, -- null: all
    state text not null default 'queued'
        check (state in ('queued', 'running', 'done', 'failed', 'cancelled', 'expired')),
    reason text, -- why it failed, or what it waits for
    due_at timestamptz not null default clock_timestamp(), -- of a queued one: not to be tried before
    claim uuid, -- of the process that works on it, until leased_until unless it renews that
    leased_until timestamptz,
    planned_at timestamptz, -- when its files were decided upon
    data_as_of timestamptz, -- newest event time of the dataset at that moment
    finished_at timestamptz,
    expires_at timestamptz, -- of one that is done
    manifest_sha256 text, -- hexadecimal
    purged_at timestamptz, -- when its files were deleted last
    check ((state = 'done') <= (manifest_sha256 is not null and expires_at is not null))
);
create index audit_exports_unfinished on anlyt.audit_exports (access_id) where state in ('queued', 'running');
create index audit_exports_ended on anlyt.audit_exports (access_id)
where state in ('failed', 'cancelled', 'expired');

-- Slices of an export's window, which they cover without a gap; a file each, once it is written and read back.
create table anlyt.audit_export_files (
    export_id uuid not null references anlyt.audit_exports,
    number integer not null check (number > 0),
    from_time timestamptz not null,
    to_time timestamptz not null,
    name text, -- in the export's folder of the bucket
    row_count bigint,
    byte_count bigint,
    sha256 text, -- hexadecimal
    first_at timestamptz, -- of the events in it; null when there are none
    last_at timestamptz,
    charges jsonb, -- currency -> sum, as text; of call detail records only
    written_at timestamptz,
    primary key (export_id, number),
    check (num_nulls(name, row_count, byte_count, sha256, written_at) in (0, 5))
);

-- Signs manifests when no setting has a key: the 32 bytes of an Ed25519 private key (RFC 8032, 5.1.5).
create table anlyt.export_signing_key (
    only_row boolean primary key default true check (only_row),
    key bytea not null check (length(key) = 32)
);
insert into anlyt.export_signing_key (key)
values (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
