"""Whether answers drift from what the service declares: fields that are unknown, missing, or of another type.

KPIs are decoded in one pass that ignores what it does not know. So one answer is looked at more closely now and then,
and each that could not be read.
"""

from math import inf

from gateway.telemetry.tallies import UpstreamTally
from gateway.upstream.decoding import members
from gateway.upstream.exchange import Answer
from gateway.upstream.shape import missing, retyped, unknown
from gateway.upstream.wire import Format

SAMPLED = 10.0  # seconds between two looks at answers that were read
_MOST = 1000  # KPIs of a batch that could not be read, each of which may be why
_LONGEST = 1_000_000  # bytes of a body: no batch is half as long


class Drift:
    def __init__(self, form: Format, tally: UpstreamTally) -> None:
        self._form = form
        self._tally = tally
        self._next = -inf

    def look(self, answer: Answer, now: float, *, is_breach: bool) -> None:
        """Count the fields that deviate in an answer: in its first KPI, or the first that is a breach of contract.

        ``now`` is in seconds, of any clock.
        """
        if answer.status != 200 or (now < self._next and not is_breach) or len(answer.body) > _LONGEST:
            return
        if not is_breach:
            self._next = now + SAMPLED
        for item in members(answer.body, self._form, _MOST if is_breach else 1):
            deviating = [("missing", name) for name in missing(item)] + [("retyped", name) for name in retyped(item)]
            if deviating or not is_breach:
                for kind, field in [*deviating, *(("unknown", name) for name in unknown(item))]:
                    self._tally.drifted(kind, field)
                return
