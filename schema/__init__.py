"""The data model, without I/O: events and streams, writes and figures, fact tables and cubes, the catalogue, DDL."""
