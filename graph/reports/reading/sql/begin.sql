-- A report's snapshot. The months of hourly rows are kept from being dropped before anything is read, as the first query
-- takes the snapshot and locking does not.
begin isolation level repeatable read read only;
set local statement_timeout = {milliseconds};
lock table only anlyt.metrics_hourly, only anlyt.costs_hourly in access share mode
