"""The animatic: a renderer that draws and sounds a clip by code, without key, network or service."""
