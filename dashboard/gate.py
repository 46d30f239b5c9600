"""The gate: which requests are served at all, by their Host, Origin and Sec-Fetch-Site (design §4).

Pure; runs in request threads, before any route.
"""

import re
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers

_HOST = re.compile(r"\A(\[[0-9a-f:.]+\]|[^\[\]:/@\s,]+)(?::[0-9]{1,5})?\Z")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def refuses(headers: Headers, method: str, is_stream: bool, allowed_hosts: frozenset[str]) -> str | None:
    """Why a request is not served, as a sentence; None when it is.

    A wrong Host is another site's name made to lead here (DNS rebinding). What changes something, or streams, must
    come from a page of this very site, or from no page at all.
    """
    host = headers.get("Host", "").lower()
    name = _HOST.match(host)
    if name is None or name.group(1) not in allowed_hosts:
        return "This host name is not served here; DASHBOARD_ALLOWED_HOSTS names those that are."
    if method in _SAFE_METHODS and not is_stream:
        return None
    origins = headers.getlist("Origin")
    if any(not _is_own(origin, host) for origin in origins):
        return "This request comes from another site's page."
    sites = headers.getlist("Sec-Fetch-Site")
    if any(site not in {"same-origin", "none"} for site in sites):
        return "This request comes from another site's page."
    return None


def _is_own(origin: str, host: str) -> bool:
    try:
        url = urlsplit(origin.lower())
    except ValueError:
        return False
    return url.scheme in {"http", "https"} and url.netloc == host
