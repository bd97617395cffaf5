"""The end of systemd that services of ``Type=notify`` speak to."""

import socket


class NoticeBoard:
    """A socket as systemd has one for its services, by a name that lies in no folder unless one is given."""

    def __init__(self, path: str = "") -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(30.0)
        # Without a path Linux chooses an abstract name that nobody has.
        self._socket.bind(path)
        self.address = path or f"@{self._socket.getsockname()[1:].decode()}"
        """What NOTIFY_SOCKET says."""

    def told(self) -> list[str]:
        """Return the assignments of the next notice; half a minute without one fails."""
        return self._socket.recv(4096).decode().split("\n")

    def close(self) -> None:
        """Hear no more."""
        self._socket.close()
