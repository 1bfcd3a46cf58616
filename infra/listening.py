"""Sockets that listen on the addresses of the settings."""

import errno
import socket
from typing import Final, NamedTuple

from infra.errors import UsageError
from infra.settings import Settings, variable

BACKLOG: Final = 2048


class Address(NamedTuple):
    """A host and port to listen on; 0 picks a free port. `host_setting` and `port_setting` name the variables."""

    host: str
    port: int
    host_setting: str
    port_setting: str


def api_address(settings: Settings) -> Address:
    """The address of GraphQL and REST."""
    return Address(settings.api_host, settings.api_port, variable("api_host"), variable("api_port"))


def metrics_address(settings: Settings) -> Address:
    """The address of `/metrics`: the API's host, another port."""
    return Address(settings.api_host, settings.metrics_port, variable("api_host"), variable("metrics_port"))


def listen(address: Address) -> socket.socket:
    """A listening socket. Raises UsageError with the setting to change, and how."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        return socket.create_server((address.host, address.port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise refusal(error, address) from error


def refusal(error: OSError, address: Address) -> UsageError:
    """The UsageError for the system's refusal to listen on an address: which setting to change, and how."""
    host, port, host_setting, port_setting = address
    if error.errno == errno.EADDRINUSE:
        return UsageError(
            f"{port_setting}: port {port} of {host} is in use. Stop the program that listens there, or set "
            f"{port_setting} to another port; 0 picks a free one."
        )
    if error.errno == errno.EACCES:
        return UsageError(f"{port_setting}: this user may not listen on port {port}. Set it to one from 1024 on.")
    reason = str(error.strerror).partition(" (")[0]  # Python adds the address
    return UsageError(f"{host_setting}: nothing can listen on {host} ({reason}). Set it to an address of this machine.")
