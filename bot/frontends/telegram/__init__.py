"""Telegram: turns updates into commands and replies into messages. Holds no rules, money or jobs."""
