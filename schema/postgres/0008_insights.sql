-- Who read MNOs by name on the strength of a data-share addendum.

-- One row an answer, committed before the answer leaves. Only ever added to; no figure of the answer stands here.
create table anlyt.unmasking_log (
    unmasking_id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    tenant_id text not null,
    caller text not null,
    request_id text not null,
    what text not null -- the dataset, and what of it tells the MNO: "dlr: mno, operatorId"
);
create index unmasking_log_by_tenant on anlyt.unmasking_log (tenant_id, at);
