from tests.support.fixtures import database, template, warehouse

__all__ = ["database", "template", "warehouse"]
