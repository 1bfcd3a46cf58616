"""Days older than PostgreSQL keeps them move to ClickHouse: written, read back, and only then dropped."""
