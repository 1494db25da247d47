"""Transport that several adapters of one vendor share. It knows no requests of ours, only the wire."""
