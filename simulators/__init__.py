"""Real servers on loopback sockets that behave, and misbehave, like the services."""
