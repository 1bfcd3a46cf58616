from tests.support.fixtures import database, facts, platform, server, shared_platform, template, warehouse
from tests.support.generous_deadlines import generous_deadlines

__all__ = ["database", "facts", "generous_deadlines", "platform", "server", "shared_platform", "template", "warehouse"]
