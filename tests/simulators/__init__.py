"""The simulators are tested like the services they stand for: over sockets."""
