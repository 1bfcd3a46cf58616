from tests.support.fixtures import database, facts, platform, server, template, warehouse

__all__ = ["database", "facts", "platform", "server", "template", "warehouse"]
