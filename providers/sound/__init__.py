"""Makers of speech, effects and music that make no clips, one file each; reached through the registry."""
