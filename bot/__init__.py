"""Talkreel: a self-hosted bot for Discord and Telegram that makes AI video with sound."""

__version__ = "0.1.0"
