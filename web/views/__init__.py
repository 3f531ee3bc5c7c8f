"""What pages show, worked out from domain values: plain functions, no requests."""
