-- ClickHouse: what is in an object of evaluations.
select count() as row_count, min(at) as first_at, max(at) as last_at
from s3(anlyt_exports, filename = {file:String}, format = 'Parquet')
