from tests.support.fixtures import database, template

__all__ = ["database", "template"]
