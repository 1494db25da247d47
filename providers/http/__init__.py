"""Everything that speaks HTTP to vendors: the client, the three kinds of calls, the download.

It decides what an unanswered call means for money, keeps keys and signed links out of errors and
logs, and connects only to public addresses and to the addresses the operator configured.
"""

from __future__ import annotations

from providers.http.answers import Answer, scrub
from providers.http.calls import client, read, submit, upload
from providers.http.download import download
from providers.http.guard import BlockedAddress

__all__ = ["Answer", "BlockedAddress", "client", "download", "read", "scrub", "submit", "upload"]
