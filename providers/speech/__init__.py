"""Transcribers: speech to words, by a vendor's key or on this machine. Reached by name only."""
