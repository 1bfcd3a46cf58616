from tests.support.fixtures import database, template, warehouse
from tests.support.generous_deadlines import generous_deadlines

__all__ = ["database", "generous_deadlines", "template", "warehouse"]
