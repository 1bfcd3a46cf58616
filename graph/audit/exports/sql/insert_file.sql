-- ClickHouse: the rows of the select that follows become an object. The keys to S3 are the server's.
insert into function s3(anlyt_exports, filename = {file:String}, format = 'Parquet')
