import socket

from infra.embedded.ports import RANGE, free_port, is_free, is_taken_error


def test_a_free_port_can_be_listened_on() -> None:
    port = free_port()
    assert port in RANGE
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
    assert is_free(port)


def test_a_port_with_closing_connections_is_free() -> None:
    """The side that closes first keeps the pair of addresses for a minute (TIME_WAIT)."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        connection, _ = server.accept()
        connection.close()
        client.close()
    assert is_free(port)


def test_the_engines_messages_for_an_occupied_port() -> None:
    assert is_taken_error('LOG:  could not bind IPv4 address "127.0.0.1": Address already in use')
    assert is_taken_error("[FTL] Error listening on port: listen tcp 127.0.0.1:1: bind: address already in use")
    assert not is_taken_error("out of memory")
