"""Kedro's settings of this project."""

from pipelines import CONF

CONF_SOURCE = str(CONF)
# One environment for all: Kedro's default run environment, `local`, does not exist here, and its commands would fail.
CONFIG_LOADER_ARGS = {"base_env": "base", "default_run_env": "base"}
