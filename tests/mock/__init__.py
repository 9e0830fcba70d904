"""APIs as their own descriptions say, from a mock server of npm's."""
