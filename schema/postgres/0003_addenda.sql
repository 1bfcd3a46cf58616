-- Which tenants may see MNOs by name, what the others see instead, and the key that signs what callers bring back.

-- In force: valid_from <= now < valid_to, and not revoked. No row: none.
create table anlyt.data_share_addenda (
    tenant_id text not null,
    valid_from timestamptz not null,
    valid_to timestamptz, -- null: until it is revoked
    revoked_at timestamptz,
    addendum_id bigint generated always as identity primary key
);
create index data_share_addenda_by_tenant on anlyt.data_share_addenda (tenant_id);

-- Drawn at random, never changed, never taken back: nothing can be told from one, and no answer changes its meaning.
create table anlyt.mno_pseudonyms (
    tenant_id text not null,
    mno text not null,
    pseudonym text not null,
    primary key (tenant_id, mno),
    unique (tenant_id, pseudonym)
);

-- Made here, so that all processes sign with the same one. Two version 4 UUIDs: 244 bits of the server's secure random.
create table anlyt.signing_key (
    only_row boolean primary key default true check (only_row),
    key bytea not null
);
insert into anlyt.signing_key (key)
values (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
