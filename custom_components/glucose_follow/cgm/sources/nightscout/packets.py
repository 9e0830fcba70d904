"""Packets of Socket.IO that cannot do harm, whatever they hold."""

from typing import Any

from socketio.packet import (
    ACK,
    CONNECT,
    CONNECT_ERROR,
    DISCONNECT,
    EVENT,
    Packet as LibraryPacket,
)

GARBAGE = "garbage"
"""The event that stands for what cannot be understood."""


class Packet(LibraryPacket):  # type: ignore[misc]  # the library has no types
    """A packet; one that nobody should send says only that it is garbage.

    The library handles each packet in a task of its own, and what it raises
    there ends in the log, together with what was sent.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make a packet to send, or read `encoded_packet` if that is given."""
        is_read = "encoded_packet" in kwargs
        encoded = kwargs.pop("encoded_packet", None)
        super().__init__(*args, **kwargs)
        if is_read and not self._is_understood(encoded):
            self.packet_type, self.namespace = EVENT, "/"
            self.id, self.data = None, [GARBAGE]

    def _is_understood(self, encoded: object) -> bool:
        """Return whether a packet could be read, and is one that can be handled."""
        if not isinstance(encoded, str):
            return False
        try:
            self.decode(encoded)
        except ValueError, RecursionError:
            return False
        return self._is_sane()

    def _is_sane(self) -> bool:
        """Return whether the data are what this type of packet has."""
        data: object = self.data
        if self.packet_type == EVENT:
            return isinstance(data, list) and bool(data) and isinstance(data[0], str)
        if self.packet_type == ACK:
            return isinstance(data, list) and self.id is not None
        if self.packet_type == CONNECT:
            return data is None or isinstance(data, dict)
        return self.packet_type in {DISCONNECT, CONNECT_ERROR}
