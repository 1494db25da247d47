"""Makers of sound."""
