"""Prometheus' metrics of an app: the tallies' numbers come into them, and a scrape is written.

Numbers are moved when a scrape asks for them. Where processes share a directory (``PROMETHEUS_MULTIPROC_DIR``) each
also moves its own once a second, for whichever of them is asked; such a process has one app. What a process counted
stays there when it has ended, under the process's name; another goes on with it that is given the same.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cached_property
from typing import Literal, TypeVar

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, values
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.multiprocess import MultiProcessCollector

from gateway.telemetry import families
from gateway.telemetry.tallies import Labels, Tallies

PUBLISHED = 1.0  # seconds between two times that a process tells the others
_TOLD_BY_OLDEST = "process_start_time_seconds"
_M = TypeVar("_M", bound=MetricWrapperBase)

_OPERATIONS, _NAME = "gateway_operations", "operation"

Reading = Callable[[], float | Mapping[str, float]]
"""Says how it stands just now; by the label's values where there is a label."""


def name_process(name: int) -> None:
    """Have what this process counts added to what one of the same name did; at any time one process has it.

    It is to be called before there are metrics.
    """
    values.ValueClass = values.MultiProcessValue(lambda: name)  # type: ignore[no-untyped-call]


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
        if directory is None:
            ProcessCollector(registry=self._registry)
        else:
            MultiProcessCollector(self._registry, directory)  # type: ignore[no-untyped-call]
            tallies.operations.know(self._names())

    @cached_property
    def _gauges(self) -> Sequence[tuple[families.Gauge, Gauge]]:
        """Return the gauges, made late: until they are set, another process's scrape takes them for zeros."""
        own = None if self.is_shared else self._registry
        return [
            (each, Gauge(each.name, each.help, each.labels, multiprocess_mode=each.mode, registry=own))
            for each in families.GAUGES
        ]

    @cached_property
    def _process(self) -> "_Process | None":
        return _Process() if self.is_shared else None

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
        for gauge, states in self._gauges:
            for labels, value in _read(self._readings[gauge.name]()):
                _child(states, labels).set(value)
        if self._process:
            self._process.publish()

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

    def _names(self) -> Iterable[str]:
        """Return the operations' names that have been published, by processes that have ended too."""
        counted = [each for each in self._registry.collect() if each.name == _OPERATIONS]
        return {sample.labels[_NAME] for each in counted for sample in each.samples}

    async def _publish_often(self) -> None:
        while True:
            self.publish()
            await asyncio.sleep(PUBLISHED)


class _Process:
    """What prometheus_client tells of this process, for those that share: a sum of all, and the oldest's start.

    What a process took of a core stays counted when it has ended, as all that is counted.
    """

    def __init__(self) -> None:
        self._own = ProcessCollector(registry=None)
        self._seconds = 0.0
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        for each in self._own.collect():
            if each.type == "counter":
                self._counters[each.name] = Counter(each.name, each.documentation, registry=None)
            else:
                mode: Literal["livemin", "livesum"] = "livemin" if each.name == _TOLD_BY_OLDEST else "livesum"
                self._gauges[each.name] = Gauge(each.name, each.documentation, multiprocess_mode=mode, registry=None)

    def publish(self) -> None:
        for each in self._own.collect():
            value = each.samples[0].value
            if gauge := self._gauges.get(each.name):
                gauge.set(value)
            else:
                self._counters[each.name].inc(value - self._seconds)
                self._seconds = value


def _child(metric: _M, labels: Labels) -> _M:
    return metric.labels(*labels) if labels else metric


def _read(reading: float | Mapping[str, float]) -> Iterable[tuple[Labels, float]]:
    return [((label,), value) for label, value in reading.items()] if isinstance(reading, Mapping) else [((), reading)]
