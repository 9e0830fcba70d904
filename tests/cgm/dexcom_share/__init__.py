"""Dexcom Share over real sockets."""
