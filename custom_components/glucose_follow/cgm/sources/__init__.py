"""One module for each place that glucose comes from."""
