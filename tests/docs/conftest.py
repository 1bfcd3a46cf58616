from tests.support.fixtures import database, server, template, warehouse

__all__ = ["database", "server", "template", "warehouse"]
