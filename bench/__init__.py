"""What `make bench` runs: the product's figures, each beside what it is held to."""
