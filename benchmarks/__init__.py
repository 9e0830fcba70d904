"""Measurements of what Glucose Follow promises."""
