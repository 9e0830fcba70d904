"""Tidepool needs no Home Assistant either."""
