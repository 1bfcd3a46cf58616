-- The transparency log (schema/tlog): a Merkle tree over what this service says and does. Rows are only ever added.
create table anlyt.tlog_entries (
    number bigint primary key check (number >= 0), -- of the leaf
    kind text not null,
    subject text not null unique, -- so nothing gets two entries
    tenant_id text, -- null: of the whole platform
    day date, -- UTC, of what the entry speaks of; null: of several days
    digest bytea not null check (length(digest) = 32), -- of the fields of what it speaks of
    logged_at timestamptz not null, -- never before that of the entry before
    nonce bytea not null check (length(nonce) = 32), -- without it, the entry says nothing about its content
    hash bytea not null check (length(hash) = 32) -- of the leaf
);
create index tlog_entries_by_kind on anlyt.tlog_entries (kind, number);
create index tlog_entries_by_day on anlyt.tlog_entries (kind, day, number);

-- The roots of full tiles, which are the hashes of the next level. Those of level 0 are tlog_entries.hash.
create table anlyt.tlog_nodes (
    level smallint not null check (level > 0),
    number bigint not null check (number >= 0),
    hash bytea not null check (length(hash) = 32),
    primary key (level, number)
);

-- What was signed. A checkpoint is here before anybody sees it, and there is one of a size.
create table anlyt.tlog_checkpoints (
    size bigint primary key check (size > 0),
    note text not null -- C2SP signed-note
);

-- The facts that reached us in a period, by the time at which their stream stored them.
create table anlyt.tlog_periods (
    entry bigint primary key references anlyt.tlog_entries,
    dataset text not null check (dataset in ('compliance', 'cdr')),
    stored_from timestamptz not null,
    stored_before timestamptz not null check (stored_before > stored_from),
    leaves integer not null,
    facts bigint not null, -- of its leaves together
    root bytea not null, -- of their Merkle tree
    unique (dataset, stored_from),
    unique (dataset, stored_before)
);

-- Its leaves, in the order of (tenant, day). They are dropped when the days have long been closed; their root stays.
create table anlyt.tlog_arrivals (
    entry bigint not null references anlyt.tlog_periods,
    tenant_id text not null,
    day date not null, -- UTC, of the facts' event time
    facts bigint not null check (facts > 0),
    digest bytea not null, -- as in anlyt.integrity_leaves
    primary key (entry, tenant_id, day)
);
create index tlog_arrivals_by_day on anlyt.tlog_arrivals (day, entry);

-- Signs checkpoints when no setting has a key: the 32 bytes of an Ed25519 private key (RFC 8032, 5.1.5).
create table anlyt.tlog_signing_key (
    only_row boolean primary key default true check (only_row),
    key bytea not null check (length(key) = 32)
);
insert into anlyt.tlog_signing_key (key)
values (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));

create trigger only_added_to before update or delete or truncate on anlyt.tlog_entries
for each statement execute function anlyt.refuse_change();
create trigger only_added_to before update or delete or truncate on anlyt.tlog_nodes
for each statement execute function anlyt.refuse_change();
create trigger only_added_to before update or delete or truncate on anlyt.tlog_checkpoints
for each statement execute function anlyt.refuse_change();
create trigger only_added_to before update or delete or truncate on anlyt.tlog_periods
for each statement execute function anlyt.refuse_change();
create trigger only_added_to before update or truncate on anlyt.tlog_arrivals
for each statement execute function anlyt.refuse_change();
