package dev.otelbox;

import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import java.util.List;
import java.util.Map;

/** An SDK with one signal, and what is done with it. Of the last four one is not null. */
record Worker(OpenTelemetrySdk sdk, String signal, Instruments instruments, Tracer tracer, Logger logger) {

  static Worker start(Request.Start request, Map<String, Object> more) {
    var builder = AutoConfiguredOpenTelemetrySdk.builder().disableShutdownHook();
    Settings.apply(request, more, builder);
    OpenTelemetrySdk sdk = builder.build().getOpenTelemetrySdk();
    String name = request.meter().name();
    String version = request.meter().version();
    return switch (request.signal()) {
      case "metrics" -> {
        Meter meter = sdk.getMeterProvider().meterBuilder(name).setInstrumentationVersion(version).build();
        yield new Worker(sdk, "metrics", new Instruments(meter, request.instruments()), null, null);
      }
      case "traces" -> {
        Tracer tracer = sdk.getTracerProvider().tracerBuilder(name).setInstrumentationVersion(version).build();
        yield new Worker(sdk, "traces", new Instruments(null, List.of()), tracer, null);
      }
      case "logs" -> {
        Logger logger = sdk.getLogsBridge().loggerBuilder(name).setInstrumentationVersion(version).build();
        yield new Worker(sdk, "logs", new Instruments(null, List.of()), null, logger);
      }
      default -> throw new IllegalArgumentException("there is no signal " + request.signal());
    };
  }

  void emit(Request.Emit items) {
    if (tracer != null) {
      Items.emitSpans(tracer, items);
    } else if (logger != null) {
      Items.emitLogRecords(logger, items);
    } else {
      throw new IllegalArgumentException("items are emitted by tracers and loggers");
    }
  }

  CompletableResultCode forceFlush() {
    return switch (signal) {
      case "metrics" -> sdk.getSdkMeterProvider().forceFlush();
      case "traces" -> sdk.getSdkTracerProvider().forceFlush();
      default -> sdk.getSdkLoggerProvider().forceFlush();
    };
  }

  CompletableResultCode shutdown() {
    return switch (signal) {
      case "metrics" -> sdk.getSdkMeterProvider().shutdown();
      case "traces" -> sdk.getSdkTracerProvider().shutdown();
      default -> sdk.getSdkLoggerProvider().shutdown();
    };
  }
}
