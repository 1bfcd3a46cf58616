-- The table of billing-service that reconciliation reads. Only the embedded PostgreSQL creates it.
create schema if not exists billing;

create table if not exists billing.daily_totals (
    day date not null,
    currency char(3) not null,
    total_cost numeric(18, 6) not null,
    message_count bigint not null,
    primary key (day, currency)
);
