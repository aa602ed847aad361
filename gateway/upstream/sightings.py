"""What a single call showed of one customer: the answer, how it is read, and what a check makes of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.domain import CustomerKpi, KpiKey, Outcome
from gateway.errors import CredentialRefused, Forbidden, GatewayError, Unauthenticated, UpstreamContract
from gateway.upstream.exchange import Answer
from gateway.upstream.findings import Finding, State, in_words, noted, wrong
from gateway.upstream.shape import deviations
from gateway.upstream.statuses import in_short
from gateway.upstream.wire import Format


@dataclass(frozen=True, slots=True)
class Sighting:
    """An answer in a format, the outcome for ``key`` that the gateway reads in it, and the ``seconds`` it took."""

    key: KpiKey
    form: Format
    answer: Answer
    outcome: Outcome
    seconds: float

    @property
    def name(self) -> str:
        return self.form.upper()

    @property
    def kpi(self) -> CustomerKpi | None:
        return self.outcome if isinstance(self.outcome, CustomerKpi) else None

    def refusal(self) -> Finding | None:
        """Say why there is nothing to read; None for an answer that is to be a KPI, whatever is in it."""
        if self.answer.status == 200 and self.answer.media_type == self.form.media_type:
            return None
        return _refusal(self.key, self.answer, self.outcome if isinstance(self.outcome, GatewayError) else None)

    def deviations(self) -> Iterator[Finding]:
        """Say how what there is to read is not as declared: member by member for JSON, and whether it can be read."""
        found = list(deviations(self.answer.body, self.key.customer)) if self.form is Format.JSON else []
        yield from found
        if not self.kpi and all(each.state is not State.WRONG for each in found):
            yield wrong(f"the {self.name} cannot be read as this customer's KPI")

    def troubles(self) -> Iterator[Finding]:
        """Say whatever is in the way of its KPI, or odd about it."""
        refusal = self.refusal()
        return iter([refusal]) if refusal else self.deviations()


def _refusal(key: KpiKey, answer: Answer, error: GatewayError | None) -> Finding:
    told = in_short(answer)
    match error:
        case None:
            return noted(f"customer {key.customer} is not known ({told}): name one that exists with --customer")
        case Forbidden():
            return noted(f"the credential may not see customer {key.customer} ({told}): name another with --customer")
        case Unauthenticated() | CredentialRefused():
            return wrong(f"the credential is not accepted ({told})")
        case UpstreamContract():
            return wrong(f"{in_words(error)}: {told}; is the base address right?")
        case _:
            return wrong(f"{in_words(error)}: {told}")
