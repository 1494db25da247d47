"""Everything that makes pictures, sound or words: vendors' APIs, gateways and the built-in renderer.

This package stands alone: it never imports `bot`, holds no credits and no words for users.
"""
