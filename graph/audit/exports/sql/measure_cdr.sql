-- ClickHouse: what is in an object of call detail records.
select count() as row_count, min(occurredAt) as first_at, max(occurredAt) as last_at,
    sumMap(map(currency, chargeAmount)) as charges
from s3(anlyt_exports, filename = {file:String}, format = 'Parquet')
