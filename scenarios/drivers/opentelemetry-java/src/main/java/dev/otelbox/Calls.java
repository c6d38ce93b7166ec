package dev.otelbox;

import io.opentelemetry.sdk.common.CompletableResultCode;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Flush, shutdown, and taking everything down. */
final class Calls {
  /** The runner waits for 3 s. */
  private static final long PATIENCE_MS = 2500;

  /** Threads that were there before the SDK was. */
  private static final Set<Thread> OWN = Thread.getAllStackTraces().keySet();

  private Calls() {}

  static Answer flush(List<Worker> workers) {
    return call(workers, Worker::forceFlush);
  }

  static Answer shutdown(List<Worker> workers) {
    return call(workers, Worker::shutdown);
  }

  private static Answer call(List<Worker> workers, Function<Worker, CompletableResultCode> call) {
    long began = System.nanoTime();
    CompletableResultCode code = all(workers, call).join(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
    long elapsed = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    if (code.isSuccess()) {
      return new Answer(true, "ok", null, elapsed);
    }
    Throwable failure = code.getFailureThrowable();
    return new Answer(false, "failed", failure == null ? null : failure.toString(), elapsed);
  }

  private static CompletableResultCode all(
      List<Worker> workers, Function<Worker, CompletableResultCode> call) {
    return CompletableResultCode.ofAll(workers.stream().map(call).collect(Collectors.toList()));
  }

  /** Shuts everything down; the names of the threads that still work for the SDK. */
  static List<String> takeDown(List<Worker> workers) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
    all(workers, Worker::shutdown).join(PATIENCE_MS, TimeUnit.MILLISECONDS);
    List<Thread> left = left();
    // A batch processor that has been shut down sleeps until its next export would be due, up to 5 s.
    left.forEach(Thread::interrupt);
    while (!left.isEmpty() && System.nanoTime() < end) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
      left = left();
    }
    return left.stream().map(Thread::getName).collect(Collectors.toList());
  }

  /** OkHttp's and Okio's housekeepers are shared by everything in a process, and do nothing without a client. */
  private static List<Thread> left() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> !OWN.contains(thread) && thread != Thread.currentThread())
        .filter(thread -> !isAHousekeeper(thread.getName()) && !isOfTheMachine(thread.getName()))
        .collect(Collectors.toList());
  }

  private static boolean isAHousekeeper(String name) {
    return name.equals("OkHttp TaskRunner") || name.equals("Okio Watchdog");
  }

  private static boolean isOfTheMachine(String name) {
    return name.endsWith("CompilerThread0") || name.equals("Attach Listener") || name.equals("Common-Cleaner");
  }
}
