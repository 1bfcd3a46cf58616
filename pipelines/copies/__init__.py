"""Events that ClickHouse holds as facts of several tenants: the copy that the stream stored first stays, the others go.

In reading order: windows (what is searched), copies (which facts go), removal (how they go), peaks (in PostgreSQL, that
copies told), datasets, nodes, pipeline.
"""
