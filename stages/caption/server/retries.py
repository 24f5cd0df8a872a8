"""When to ask again, and after how long."""

from __future__ import annotations

import email.utils
import random
from datetime import UTC, datetime

OVERLOADED = frozenset({429, 503})
"""The server has too much to do."""
DENIED = frozenset({401, 403, 404, 405})
"""No request of this run can succeed: wrong key, model or address."""


def is_passing(status: int) -> bool:
    """Whether the same request may succeed later: the server's trouble, not the request's."""
    return status in (408, 425, 429) or status >= 500


def pause_s(attempt: int, base_s: float, most_s: float, seed: str) -> float:
    """Seconds before try `attempt` + 1 (attempts count from 1): doubling, with half of it left
    to chance, so that requests refused together do not come back together. `seed` decides the
    chance: the same run waits the same."""
    whole = min(most_s, base_s * 2.0 ** min(attempt - 1, 30))
    return whole * (0.5 + 0.5 * random.Random(f"{seed}/{attempt}").random())


def retry_after_s(header: str | None, now: datetime | None = None) -> float | None:
    """Seconds that a Retry-After header asks for, as a number or a date; null: nothing that
    can be read (RFC 9110, 10.2.3)."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        at = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - (now or datetime.now(UTC))).total_seconds())
