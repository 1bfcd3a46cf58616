from tests.support.fixtures import database, template, warehouse
from tests.support.unhurried import unhurried

__all__ = ["database", "template", "unhurried", "warehouse"]
