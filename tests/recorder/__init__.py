"""What is written into Home Assistant's own database."""
