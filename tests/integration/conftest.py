from tests.support.fixtures import database, facts, platform, server, shared_platform, template, warehouse
from tests.support.unhurried import unhurried

__all__ = ["database", "facts", "platform", "server", "shared_platform", "template", "unhurried", "warehouse"]
