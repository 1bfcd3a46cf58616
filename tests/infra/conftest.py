from tests.support.fixtures import database, platform, server, template

__all__ = ["database", "platform", "server", "template"]
