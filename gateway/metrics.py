"""Prometheus' metrics of an app: the tallies' numbers come into them, and a scrape is written.

Numbers are moved when a scrape asks for them. Where processes share a directory (``PROMETHEUS_MULTIPROC_DIR``) each
also moves its own once a second, for whichever of them is asked; such a process has one app.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from gateway import families
from gateway.tallies import Labels, Tallies

PUBLISHED = 1.0  # seconds between two times that a process tells the others
_TOLD_BY_OLDEST = "process_start_time_seconds"
_LIVE = "gauge_livesum_*.db"
_M = TypeVar("_M", bound=MetricWrapperBase)

Reading = Callable[[], float | Mapping[str, float]]
"""Says how it stands just now; by the label's values where there is a label."""


class _Batched(Histogram):
    """A histogram that takes what was counted elsewhere, by the same bounds."""

    def add(self, counts: list[int], total: float) -> None:
        self._sum.inc(total)
        for bucket, count in zip(self._buckets, counts, strict=True):
            if count:
                bucket.inc(count)


class Metrics:
    """The metrics of one app. ``readings`` are the gauges', by their names; ``directory`` is what processes share."""

    def __init__(self, tallies: Tallies, readings: Mapping[str, Reading], directory: str | None = None) -> None:
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more of each
        self._tallies = tallies
        self._readings = readings
        self._registry = CollectorRegistry()
        self.is_shared = directory is not None
        own = None if self.is_shared else self._registry
        self._counters = [
            (each, Counter(each.name, each.help, each.labels, registry=own)) for each in families.COUNTERS
        ]
        self._histograms = [
            (each, _Batched(each.name, each.help, each.labels, buckets=each.of(tallies).bounds, registry=own))
            for each in families.HISTOGRAMS
        ]
        self._gauges = [
            (each, Gauge(each.name, each.help, each.labels, multiprocess_mode=each.mode, registry=own))
            for each in families.GAUGES
        ]
        if directory is None:
            ProcessCollector(registry=self._registry)
        else:
            MultiProcessCollector(self._registry, directory)  # type: ignore[no-untyped-call]
            self._registry.register(_Processes(Path(directory)))

    def publish(self) -> None:
        """Move what was counted since the last time, and how things stand, to where a scrape finds it."""
        for counter, metric in self._counters:
            counts = counter.of(self._tallies)
            for labels, count in counts.items():
                _child(metric, labels).inc(count)
                counts[labels] = 0
        for histogram, spreads in self._histograms:
            for labels, spread in histogram.of(self._tallies).items():
                _child(spreads, labels).add(*spread.take())
        for gauge, values in self._gauges:
            for labels, value in _read(self._readings[gauge.name]()):
                _child(values, labels).set(value)

    def written(self, accept: str) -> tuple[bytes, str]:
        """Return a scrape of what was published, in the format that ``Accept`` wants, and its media type."""
        write, media_type = choose_encoder(accept)
        return write(self._registry), media_type

    @asynccontextmanager
    async def publishing(self) -> AsyncIterator[None]:
        """Publish now and then, for the scrapes of other processes, and a last time at the end."""
        task = asyncio.create_task(self._publish_often()) if self.is_shared else None
        try:
            yield
        finally:
            if task:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
                self.publish()

    async def _publish_often(self) -> None:
        while True:
            self.publish()
            await asyncio.sleep(PUBLISHED)


class _Processes(Collector):
    """What prometheus_client tells of a process, summed over those that share the directory; the oldest's start."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def describe(self) -> Iterable[Metric]:
        return ProcessCollector(registry=None).collect()

    def collect(self) -> Iterable[Metric]:
        told: dict[str, Metric] = {}
        for file in self._directory.glob(_LIVE):
            for metric in ProcessCollector(pid=partial(str, file.stem.rpartition("_")[2]), registry=None).collect():
                sums = told.setdefault(metric.name, metric)
                if sums is not metric:
                    join = min if metric.name == _TOLD_BY_OLDEST else sum
                    (before,), (sample,) = sums.samples, metric.samples
                    sums.samples = [sample._replace(value=join((before.value, sample.value)))]
        return told.values()


def _child(metric: _M, labels: Labels) -> _M:
    return metric.labels(*labels) if labels else metric


def _read(reading: float | Mapping[str, float]) -> Iterable[tuple[Labels, float]]:
    return [((label,), value) for label, value in reading.items()] if isinstance(reading, Mapping) else [((), reading)]
