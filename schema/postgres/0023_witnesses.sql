-- What witnesses have signed (C2SP tlog-witness), and which checkpoints enough of them have signed.
create table anlyt.tlog_cosignatures (
    size bigint not null references anlyt.tlog_checkpoints,
    witness text not null, -- its verifier key
    line text not null, -- of a signed note
    primary key (witness, size)
);

-- Only these are shown.
create table anlyt.tlog_published (
    size bigint primary key references anlyt.tlog_checkpoints,
    note text not null, -- the checkpoint's, and the witnesses' lines
    published_at timestamptz not null default clock_timestamp()
);

create trigger only_added_to before update or delete or truncate on anlyt.tlog_cosignatures
for each statement execute function anlyt.refuse_change();
create trigger only_added_to before update or delete or truncate on anlyt.tlog_published
for each statement execute function anlyt.refuse_change();
