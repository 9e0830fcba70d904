"""Dexcom's official API over real sockets."""
