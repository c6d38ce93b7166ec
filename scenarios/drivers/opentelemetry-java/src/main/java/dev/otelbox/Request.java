package dev.otelbox;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/** What the runner asks; keys that are not named here are errors. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "op")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Request.Hello.class, name = "hello"),
  @JsonSubTypes.Type(value = Request.Start.class, name = "start"),
  @JsonSubTypes.Type(value = Request.Record.class, name = "record"),
  @JsonSubTypes.Type(value = Request.Observe.class, name = "observe"),
  @JsonSubTypes.Type(value = Request.Emit.class, name = "emit"),
  @JsonSubTypes.Type(value = Request.ForceFlush.class, name = "force_flush"),
  @JsonSubTypes.Type(value = Request.Shutdown.class, name = "shutdown"),
  @JsonSubTypes.Type(value = Request.Reset.class, name = "reset"),
})
sealed interface Request {
  record Hello(int protocol) implements Request {}

  record Start(
      String signal,
      Map<String, String> env,
      Configuration configuration,
      Scope meter,
      List<InstrumentSpec> instruments,
      List<ViewSpec> views,
      Map<String, Object> resource,
      List<Map<String, Object>> workers)
      implements Request {
    public Start {
      signal = signal == null ? "metrics" : signal;
      configuration = configuration == null ? Configuration.NOTHING : configuration;
      meter = meter == null ? new Scope("otelbox", null) : meter;
      instruments = instruments == null ? List.of() : instruments;
      views = views == null ? List.of() : views;
      resource = resource == null ? Map.of() : resource;
      workers = workers == null || workers.isEmpty() ? List.of(Map.of()) : workers;
    }
  }

  record Record(String instrument, Number value, Long times, Map<String, Object> attributes)
      implements Request {}

  record Observe(
      String instrument,
      Number value,
      Map<String, Object> attributes,
      @JsonProperty("panic") boolean fails,
      long blockMs)
      implements Request {}

  record Emit(
      long items,
      long firstItem,
      Map<String, Object> attributes,
      boolean unsampled,
      SpanDetails span,
      boolean inSpan)
      implements Request {}

  record ForceFlush(Long timeoutMs) implements Request {}

  record Shutdown(Long timeoutMs) implements Request {}

  record Reset() implements Request {}

  /** What is set in code; what is absent is left to the environment and the SDK. */
  record Configuration(
      Long intervalMs,
      Long exporterTimeoutMs,
      String processor,
      Long maxQueueSize,
      Long maxExportBatchSize,
      Long scheduleDelayMs,
      Long exportTimeoutMs,
      JsonNode temporality,
      Map<String, String> headers,
      String compression,
      String endpoint) {
    static final Configuration NOTHING =
        new Configuration(null, null, null, null, null, null, null, null, null, null, null);
  }

  record Scope(String name, String version) {}

  record InstrumentSpec(
      String name,
      String kind,
      String number,
      String unit,
      String description,
      List<Observation> observe) {}

  record Observation(Number value, Map<String, Object> attributes) {}

  record ViewSpec(
      String name,
      String kind,
      String unit,
      String meter,
      String rename,
      boolean drop,
      List<String> allowAttributes,
      List<Double> buckets,
      boolean exponential) {}

  record SpanDetails(String kind, List<Event> events, List<Link> links, JsonNode status) {}

  record Event(String name, Map<String, Object> attributes) {}

  record Link(Map<String, Object> attributes) {}
}
