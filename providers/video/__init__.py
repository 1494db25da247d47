"""Adapters of video vendors, one module per wire protocol. They are reached by name, through the registry."""
