"""Tests of Glucose Follow."""
