"""What Kedro asks a project for."""

from pipelines import CONF

CONF_SOURCE = str(CONF)
# There is one environment; that of Kedro's default, `local`, would have to be there for its commands to work.
CONFIG_LOADER_ARGS = {"base_env": "base", "default_run_env": "base"}
