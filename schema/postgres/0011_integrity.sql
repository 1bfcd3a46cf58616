-- Evidence that the compliance facts of closed days are what they were (schema/integrity.py says what is hashed).
-- Rows are only ever added: late facts of a day make a further link, which names the one that it amends.
create table anlyt.integrity_links (
    number bigint primary key check (number > 0),
    day date not null, -- UTC, of the facts' event time
    amends bigint references anlyt.integrity_links, -- null: this link closed the day
    stored_before timestamptz not null, -- it is over facts whose events the stream had stored by then
    leaves integer not null,
    facts bigint not null, -- of its leaves together
    root bytea not null, -- of their Merkle tree
    previous bytea not null unique, -- the hash of the link before: the chain has no forks
    hash bytea not null
);
create unique index integrity_days on anlyt.integrity_links (day) where amends is null;
create index integrity_links_by_day on anlyt.integrity_links (day);

create table anlyt.integrity_leaves (
    link bigint not null references anlyt.integrity_links,
    tenant_id text not null,
    number bigint not null, -- among the leaves of this tenant
    facts bigint not null,
    digest bytea not null,
    path bytea not null, -- from the leaf to the link's root, 33 bytes a step
    primary key (tenant_id, link),
    unique (tenant_id, number)
);
create index integrity_leaves_by_link on anlyt.integrity_leaves (link);

create trigger only_added_to before update or delete or truncate on anlyt.integrity_links
for each statement execute function anlyt.refuse_change();
create trigger only_added_to before update or delete or truncate on anlyt.integrity_leaves
for each statement execute function anlyt.refuse_change();
