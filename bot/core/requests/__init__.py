"""What several handlers share between a command and its reply: who may, what is asked back, what is written.

Rings the work and never waits for it.
"""
