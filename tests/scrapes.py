"""Scrapes of a gateway's metrics, read by prometheus_client's own parser."""

from collections.abc import Mapping

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import Gateway


class Scrape:
    def __init__(self, text: str) -> None:
        self.text = text
        families: Mapping[str, Metric] = {each.name: each for each in text_string_to_metric_families(text)}
        self.families = families
        self._values = {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in families.values()
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float | None:
        """Return a sample's value; None where there is none."""
        return self._values.get((name, tuple(sorted(labels.items()))))

    def counted(self, name: str) -> dict[tuple[str, ...], float]:
        """Return what is not zero of a metric, by its labels' values in the order of their names."""
        return {
            tuple(value for _, value in labels): number
            for (each, labels), number in self._values.items()
            if each == name and number
        }

    def names_of(self, label: str) -> set[str]:
        """Return all values that a label has anywhere."""
        return {value for _, labels in self._values for name, value in labels if name == label}


async def scrape(gateway: Gateway) -> Scrape:
    response = await gateway.http.get("/metrics")
    assert response.status_code == 200
    return Scrape(response.text)
