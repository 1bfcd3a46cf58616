-- Keeps the months of hourly rows from being dropped until this transaction ends. It takes no snapshot.
lock table only anlyt.metrics_hourly, only anlyt.costs_hourly in access share mode
