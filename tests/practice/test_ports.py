import socket

from practice import ports


def test_ports_differ_and_can_be_bound() -> None:
    chosen = ports.free(8)
    assert len(set(chosen)) == 8
    for port in chosen:
        with socket.socket() as taken:
            taken.bind((ports.LOOPBACK, port))
