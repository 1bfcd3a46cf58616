from tests.support.fixtures import template
from tests.support.generous_deadlines import generous_deadlines

__all__ = ["generous_deadlines", "template"]
