package dev.otelbox;

import com.fasterxml.jackson.databind.JsonNode;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Spans and log records. */
final class Items {
  /** The name of a span, the body of a log record, and the key of its number. */
  private static final String ITEM = "otelbox.item";

  private static final AttributeKey<Long> ITEM_KEY = AttributeKey.longKey(ITEM);

  private static final Request.SpanDetails PLAIN = new Request.SpanDetails(null, null, null, null);

  private Items() {}

  /** The span of another process that links and log records refer to. */
  private static SpanContext remote(TraceFlags flags) {
    return SpanContext.createFromRemoteParent(
        "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", flags, TraceState.getDefault());
  }

  static void emitSpans(Tracer tracer, Request.Emit items) {
    Request.SpanDetails details = items.span() == null ? PLAIN : items.span();
    Context parent = Context.root();
    if (items.unsampled()) {
      parent = parent.with(Span.wrap(remote(TraceFlags.getDefault())));
    }
    for (long number = items.firstItem(); number < items.firstItem() + items.items(); number++) {
      var builder =
          tracer
              .spanBuilder(ITEM)
              .setParent(parent)
              .setSpanKind(kind(details.kind()))
              .setAllAttributes(attributes(items.attributes()))
              .setAttribute(ITEM_KEY, number);
      for (Request.Link link : orEmpty(details.links())) {
        builder.addLink(remote(TraceFlags.getSampled()), attributes(link.attributes()));
      }
      Span span = builder.startSpan();
      for (Request.Event event : orEmpty(details.events())) {
        span.addEvent(event.name(), attributes(event.attributes()));
      }
      setStatus(span, details.status());
      span.end();
    }
  }

  private static SpanKind kind(String kind) {
    return kind == null ? SpanKind.INTERNAL : SpanKind.valueOf(kind.toUpperCase(Locale.ROOT));
  }

  /** Sets what is either {@code "ok"} or {@code {"error": description}}. */
  private static void setStatus(Span span, JsonNode status) {
    if (status == null) {
      return;
    }
    if (status.has("error")) {
      span.setStatus(StatusCode.ERROR, status.get("error").asText());
    } else if (status.asText().equals("ok")) {
      span.setStatus(StatusCode.OK);
    } else {
      throw new IllegalArgumentException("there is no status " + status);
    }
  }

  static void emitLogRecords(Logger logger, Request.Emit items) {
    Context context = Context.root();
    if (items.inSpan()) {
      context = context.with(Span.wrap(remote(TraceFlags.getSampled())));
    }
    try (Scope current = context.makeCurrent()) {
      for (long number = items.firstItem(); number < items.firstItem() + items.items(); number++) {
        logger
            .logRecordBuilder()
            .setSeverity(Severity.INFO)
            .setSeverityText("INFO")
            .setBody(ITEM)
            .setAllAttributes(attributes(items.attributes()))
            .setAttribute(ITEM_KEY, number)
            .emit();
      }
    }
  }

  private static <T> List<T> orEmpty(List<T> list) {
    return list == null ? List.of() : list;
  }

  /** Attributes as the API takes them. */
  static Attributes attributes(Map<String, Object> values) {
    AttributesBuilder attributes = Attributes.builder();
    if (values != null) {
      values.forEach((key, value) -> put(attributes, key, value));
    }
    return attributes.build();
  }

  private static void put(AttributesBuilder attributes, String key, Object value) {
    if (value instanceof Boolean bool) {
      attributes.put(key, bool);
    } else if (value instanceof Long whole) {
      attributes.put(key, whole);
    } else if (value instanceof Double fraction) {
      attributes.put(key, fraction);
    } else if (value instanceof String text) {
      attributes.put(key, text);
    } else {
      throw new IllegalArgumentException("attribute " + key + ": of no type that attributes have: " + value);
    }
  }
}
