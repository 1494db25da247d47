"""The `Store` port in parts, over any driver: each method is one unit."""
