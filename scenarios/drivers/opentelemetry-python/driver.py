"""The driver of otelbox for opentelemetry-python: a line in, a line out."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from opentelemetry.sdk._shared_internal import DuplicateFilter
from opentelemetry.sdk.resources import Resource

from items import Records, Spans
from meters import Meters
from request import Signal, Wanted

PROTOCOL = 1

CAPABILITIES = [
    "metrics",
    "traces",
    "logs",
    "grpc",
    "http/protobuf",
    "observe",
    "observe_block",
    "views",
    "resource",
    "interval",
    "timeout",
    "exporter_timeout",
    "temporality",
    "endpoint",
    "headers",
    "compression",
    "certificates",
    "simple_processor",
    "max_queue_size",
    "max_export_batch_size",
    "schedule_delay",
    "export_timeout",
    "export_deadline",
    "workers",
    "span_details",
    "log_in_span",
    "flush_timeout",
    "metrics_shutdown_timeout",
    "reset",
]

RESET_LIMIT_SECONDS = 2.5

Answer = dict[str, Any]

Worker = Meters | Spans | Records

SIGNALS: dict[Signal, type[Worker]] = {
    "metrics": Meters,
    "traces": Spans,
    "logs": Records,
}


class OneLine(logging.Formatter):
    """Log records of one line each, tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).replace("\n", " | ")


def said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


class Driver:
    """Each method is a request; its parameters are the keys that it may have."""

    def __init__(self) -> None:
        self.workers: list[Worker] = []
        self.is_started = False
        self.is_shut_down = False

    def hello(self, *, protocol: int) -> Answer:
        if protocol != PROTOCOL:
            raise ValueError(f"this driver speaks protocol {PROTOCOL}")
        return {
            "ok": True,
            "sdk": "opentelemetry-python",
            "version": version("opentelemetry-sdk"),
            "language": "python",
            "capabilities": CAPABILITIES,
        }

    def start(
        self,
        *,
        workers: list[dict[str, Any]] | None = None,
        resource: dict[str, Any] | None = None,
        env: dict[str, str] | None = None,
        **request: Any,
    ) -> Answer:
        if self.is_started:
            raise RuntimeError("already started")
        if env is not None:
            for name in [name for name in os.environ if name.startswith("OTEL_")]:
                del os.environ[name]
            os.environ.update(env)
        wanted = Wanted(**request)
        worker_of = SIGNALS[wanted.signal]
        self.is_started = True
        for more in workers or [{}]:
            try:
                attributes = Resource.create({**(resource or {}), **more})
                self.workers.append(worker_of(wanted, attributes))
            except Exception as error:  # whatever the SDK throws is its refusal
                return {"ok": False, "result": "failed", "message": said(error)}
        return {"ok": True}

    def running(self) -> list[Worker]:
        if not self.workers:
            raise RuntimeError("not started")
        return self.workers

    def each(self, method: str, request: dict[str, Any]) -> Answer:
        for worker in self.running():
            getattr(worker, method)(**request)
        return {"ok": True}

    def record(self, **measurement: Any) -> Answer:
        return self.each("record", measurement)

    def observe(self, **state: Any) -> Answer:
        return self.each("observe", state)

    def emit(self, **items: Any) -> Answer:
        return self.each("emit", items)

    def force_flush(self, *, timeout_ms: int | None = None) -> Answer:
        limit = {} if timeout_ms is None else {"timeout_millis": timeout_ms}
        return self.call(lambda worker: worker.provider.force_flush(**limit))

    def shutdown(self, *, timeout_ms: int | None = None) -> Answer:
        self.is_shut_down = True
        return self.call(lambda worker: shut_down(worker, timeout_ms))

    def reset(self) -> Answer:
        for worker in self.workers:
            if not self.is_shut_down:
                worker.provider.shutdown()
        left = threads_left()
        if left:
            raise RuntimeError(f"still running: {', '.join(left)}")
        self.workers, self.is_started, self.is_shut_down = [], False, False
        forget_logged()
        print("otelbox: reset", file=sys.stderr, flush=True)
        return {"ok": True}

    def call(self, method: Callable[[Worker], bool | None]) -> Answer:
        """What the SDK told its caller: the worst of what its providers did."""
        began = time.monotonic()
        result, message = "ok", None
        for told in side_by_side(method, self.running()):
            if isinstance(told, Exception):  # the SDK tells of its failure by throwing
                result, message = "failed", said(told)
                break
            if told is False:
                result = "failed"
                break
            if told is None:
                result = "untold"
        answer = {
            "ok": result != "failed",
            "result": result,
            "elapsed_ms": round((time.monotonic() - began) * 1000),
        }
        return {**answer, "message": message} if message else answer


def side_by_side(
    method: Callable[[Worker], bool | None], workers: list[Worker]
) -> list[bool | None | Exception]:
    """What came of each call; one alone is made in this thread."""
    told: list[bool | None | Exception] = [None] * len(workers)

    def do(index: int) -> None:
        try:
            told[index] = method(workers[index])
        except Exception as error:
            told[index] = error

    others = [
        threading.Thread(target=do, args=(index,)) for index in range(1, len(workers))
    ]
    for thread in others:
        thread.start()
    do(0)
    for thread in others:
        thread.join()
    return told


def shut_down(worker: Worker, timeout_ms: int | None) -> None:
    # Only the provider of metrics takes a limit.
    if isinstance(worker, Meters) and timeout_ms is not None:
        worker.provider.shutdown(timeout_millis=timeout_ms)
    else:
        worker.provider.shutdown()


def forget_logged() -> None:
    """Lets each case hear what it is told, whatever the one before it was told."""
    for logger in logging.root.manager.loggerDict.values():
        for duplicates in getattr(logger, "filters", []):
            if isinstance(duplicates, DuplicateFilter):
                duplicates.__dict__.pop("last_log", None)


def threads_left() -> list[str]:
    """Names of the threads beside this one that do not end in time."""
    deadline = time.monotonic() + RESET_LIMIT_SECONDS
    others = [
        thread
        for thread in threading.enumerate()
        if thread is not threading.current_thread()
    ]
    for thread in others:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [thread.name for thread in others if thread.is_alive()]


REQUESTS = (
    "hello",
    "start",
    "record",
    "observe",
    "emit",
    "force_flush",
    "shutdown",
    "reset",
)


def answer_to(driver: Driver, line: str) -> Answer:
    try:
        request = json.loads(line)
        op = request.pop("op")
        if op not in REQUESTS:
            raise ValueError(f"unknown request: {op}")
        return getattr(driver, op)(**request)
    except Exception as error:  # a mistake of the driver ends the case, not the process
        return {"ok": False, "message": said(error)}


def main() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    driver = Driver()
    for line in sys.stdin:
        print(json.dumps(answer_to(driver, line)), flush=True)
    # Without the exit hooks of the SDK, which would export once more.
    os._exit(0)


if __name__ == "__main__":
    main()
