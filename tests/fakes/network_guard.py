"""Refuses every connection that would leave this machine, for the whole test process.

An audit hook sees each connect, datagram and name lookup below every library. It cannot be removed again,
which is as it should be; processes started by a test are not watched.
"""

from __future__ import annotations

import ipaddress
import sys
from typing import Any

_NAMES = frozenset({"", "localhost", "localhost.localdomain", "ip6-localhost"})


class OutsideConnection(AssertionError):
    """A test tried to leave this machine."""


def _text(host: Any) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)


def is_local(host: Any) -> bool:
    """Whether an address or a name stays on this machine. Addresses of no machine (0.0.0.0) do."""
    if host is None:
        return True
    name = _text(host).lower().rstrip(".").partition("%")[0]
    if name in _NAMES or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)


def _is_address(host: Any) -> bool:
    try:
        ipaddress.ip_address(_text(host).partition("%")[0])
    except ValueError:
        return False
    return True


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"}:
        address = args[1]
        if isinstance(address, tuple) and address and not is_local(address[0]):
            raise OutsideConnection(f"{event} to {address[0]}: tests stay on this machine")
    elif event == "socket.getaddrinfo" and not is_local(args[0]) and not _is_address(args[0]):
        raise OutsideConnection(f"lookup of {_text(args[0])}: tests stay on this machine")


def install() -> None:
    """Watch this process from now on; called once by `tests/conftest.py`."""
    sys.addaudithook(_hook)
