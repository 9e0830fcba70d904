"""Simulated weeks of the whole integration, in which everything fails."""
