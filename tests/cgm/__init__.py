"""Tests of what is true of glucose anywhere."""
