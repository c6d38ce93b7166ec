package dev.otelbox;

import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizer;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import io.opentelemetry.sdk.logs.export.SimpleLogRecordProcessor;
import io.opentelemetry.sdk.metrics.Aggregation;
import io.opentelemetry.sdk.metrics.InstrumentSelector;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.View;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.export.AggregationTemporalitySelector;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;

/** What a start request sets in code, as customizers of the autoconfiguration. */
final class Settings {
  private Settings() {}

  static void apply(Request.Start request, Map<String, Object> more, AutoConfigurationCustomizer sdk) {
    sdk.addPropertiesSupplier(() -> othersOff(request.signal()));
    sdk.addPropertiesCustomizer(config -> properties(request.signal(), request.configuration()));
    sdk.addResourceCustomizer(
        (resource, config) ->
            resource
                .merge(Resource.create(Items.attributes(request.resource())))
                .merge(Resource.create(Items.attributes(more))));
    if ("simple".equals(request.configuration().processor())) {
      simpleProcessors(sdk);
    }
    if (request.configuration().temporality() != null) {
      AggregationTemporalitySelector selector = temporality(request.configuration());
      sdk.addMetricExporterCustomizer((exporter, config) -> with(exporter, selector));
    }
    sdk.addMeterProviderCustomizer(
        (provider, config) -> {
          request.views().forEach(view -> provider.registerView(selector(view), view(view)));
          return provider;
        });
  }

  /** Only the signal of the request is exported. These are defaults: the environment beats them. */
  private static Map<String, String> othersOff(String signal) {
    return Set.of("traces", "metrics", "logs").stream()
        .filter(other -> !other.equals(signal))
        .collect(Collectors.toMap(other -> "otel." + other + ".exporter", other -> "none"));
  }

  /** Settings that code makes by properties. They beat the environment. */
  private static Map<String, String> properties(String signal, Request.Configuration c) {
    Map<String, String> properties = new HashMap<>();
    String otlp = "otel.exporter.otlp." + signal + ".";
    String batch = signal.equals("logs") ? "otel.blrp." : "otel.bsp.";
    put(properties, "otel.metric.export.interval", c.intervalMs());
    put(properties, otlp + "timeout", c.exporterTimeoutMs());
    put(properties, otlp + "compression", c.compression());
    put(properties, otlp + "endpoint", c.endpoint());
    put(properties, batch + "max.queue.size", c.maxQueueSize());
    put(properties, batch + "max.export.batch.size", c.maxExportBatchSize());
    put(properties, batch + "schedule.delay", c.scheduleDelayMs());
    put(properties, batch + "export.timeout", c.exportTimeoutMs());
    if (c.headers() != null) {
      properties.put(
          otlp + "headers",
          c.headers().entrySet().stream()
              .map(header -> header.getKey() + "=" + header.getValue())
              .collect(Collectors.joining(",")));
    }
    return properties;
  }

  private static void put(Map<String, String> properties, String key, Object value) {
    if (value != null) {
      properties.put(key, value.toString());
    }
  }

  /** The autoconfiguration makes batch processors; they get nothing, and their exporter goes to a simple one. */
  private static void simpleProcessors(AutoConfigurationCustomizer sdk) {
    AtomicReference<SpanExporter> spans = new AtomicReference<>();
    sdk.addSpanExporterCustomizer(
        (exporter, config) -> {
          spans.set(exporter);
          return SpanExporter.composite();
        });
    sdk.addSpanProcessorCustomizer(
        (processor, config) -> {
          processor.shutdown();
          return SimpleSpanProcessor.create(spans.get());
        });
    AtomicReference<LogRecordExporter> logRecords = new AtomicReference<>();
    sdk.addLogRecordExporterCustomizer(
        (exporter, config) -> {
          logRecords.set(exporter);
          return LogRecordExporter.composite();
        });
    sdk.addLogRecordProcessorCustomizer(
        (processor, config) -> {
          processor.shutdown();
          return SimpleLogRecordProcessor.create(logRecords.get());
        });
  }

  private static MetricExporter with(MetricExporter exporter, AggregationTemporalitySelector selector) {
    if (exporter instanceof OtlpGrpcMetricExporter grpc) {
      return grpc.toBuilder().setAggregationTemporalitySelector(selector).build();
    } else if (exporter instanceof OtlpHttpMetricExporter http) {
      return http.toBuilder().setAggregationTemporalitySelector(selector).build();
    }
    throw new IllegalArgumentException("not an OTLP exporter: " + exporter);
  }

  private static AggregationTemporalitySelector temporality(Request.Configuration configuration) {
    var preference = configuration.temporality();
    if (preference.isTextual()) {
      return switch (preference.asText()) {
        case "cumulative" -> AggregationTemporalitySelector.alwaysCumulative();
        case "delta" -> AggregationTemporalitySelector.deltaPreferred();
        case "lowmemory" -> AggregationTemporalitySelector.lowMemory();
        default -> throw new IllegalArgumentException("there is no temporality " + preference);
      };
    }
    return type ->
        "delta".equals(preference.path(type.name().toLowerCase(Locale.ROOT)).asText())
            ? AggregationTemporality.DELTA
            : AggregationTemporality.CUMULATIVE;
  }

  private static InstrumentSelector selector(Request.ViewSpec spec) {
    var selector = InstrumentSelector.builder();
    if (spec.name() != null) {
      selector.setName(spec.name());
    }
    if (spec.kind() != null) {
      selector.setType(InstrumentType.valueOf(spec.kind().toUpperCase(Locale.ROOT)));
    }
    if (spec.unit() != null) {
      selector.setUnit(spec.unit());
    }
    if (spec.meter() != null) {
      selector.setMeterName(spec.meter());
    }
    if (spec.name() == null && spec.kind() == null && spec.unit() == null && spec.meter() == null) {
      // A selector of everything, which the SDK takes for a mistake where it has no criterion at all.
      selector.setName("*");
    }
    return selector.build();
  }

  private static View view(Request.ViewSpec spec) {
    var view = View.builder();
    if (spec.rename() != null) {
      view.setName(spec.rename());
    }
    if (spec.allowAttributes() != null) {
      view.setAttributeFilter(Set.copyOf(spec.allowAttributes()));
    }
    if (spec.buckets() != null) {
      view.setAggregation(Aggregation.explicitBucketHistogram(spec.buckets()));
    }
    if (spec.exponential()) {
      view.setAggregation(Aggregation.base2ExponentialBucketHistogram());
    }
    if (spec.drop()) {
      view.setAggregation(Aggregation.drop());
    }
    return view.build();
  }
}
