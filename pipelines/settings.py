"""What Kedro asks a project for."""

from pipelines import CONF

CONF_SOURCE = str(CONF)
