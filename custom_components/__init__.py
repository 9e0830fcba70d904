"""Holds the integration, where Home Assistant looks for it."""
