from tests.support.fixtures import database, facts, server, stores, template, warehouse

__all__ = ["database", "facts", "server", "stores", "template", "warehouse"]
