package dev.otelbox;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/** The instruments of one meter, by name. */
final class Instruments {
  private final Map<String, BiConsumer<Number, Attributes>> synchronous = new HashMap<>();
  private final Map<String, Observable> observables = new HashMap<>();

  Instruments(Meter meter, List<Request.InstrumentSpec> specs) {
    for (Request.InstrumentSpec spec : specs) {
      if (spec.kind().startsWith("observable_")) {
        Observable observable = new Observable(spec.observe());
        register(meter, spec, observable);
        observables.put(spec.name(), observable);
      } else {
        synchronous.put(spec.name(), synchronous(meter, spec));
      }
    }
  }

  /** Floats for histograms, else whole numbers, unless the scenario says otherwise. */
  private static boolean isFloat(Request.InstrumentSpec spec) {
    return spec.number() == null ? spec.kind().equals("histogram") : spec.number().equals("float");
  }

  private static String orEmpty(String text) {
    return text == null ? "" : text;
  }

  private static BiConsumer<Number, Attributes> synchronous(Meter meter, Request.InstrumentSpec spec) {
    String unit = orEmpty(spec.unit());
    String description = orEmpty(spec.description());
    switch (spec.kind()) {
      case "counter": {
        var builder = meter.counterBuilder(spec.name()).setUnit(unit).setDescription(description);
        if (isFloat(spec)) {
          var counter = builder.ofDoubles().build();
          return (value, attributes) -> counter.add(value.doubleValue(), attributes);
        }
        var counter = builder.build();
        return (value, attributes) -> counter.add(whole(value), attributes);
      }
      case "up_down_counter": {
        var builder = meter.upDownCounterBuilder(spec.name()).setUnit(unit).setDescription(description);
        if (isFloat(spec)) {
          var counter = builder.ofDoubles().build();
          return (value, attributes) -> counter.add(value.doubleValue(), attributes);
        }
        var counter = builder.build();
        return (value, attributes) -> counter.add(whole(value), attributes);
      }
      case "histogram": {
        var builder = meter.histogramBuilder(spec.name()).setUnit(unit).setDescription(description);
        if (isFloat(spec)) {
          var histogram = builder.build();
          return (value, attributes) -> histogram.record(value.doubleValue(), attributes);
        }
        var histogram = builder.ofLongs().build();
        return (value, attributes) -> histogram.record(whole(value), attributes);
      }
      case "gauge": {
        var builder = meter.gaugeBuilder(spec.name()).setUnit(unit).setDescription(description);
        if (isFloat(spec)) {
          var gauge = builder.build();
          return (value, attributes) -> gauge.set(value.doubleValue(), attributes);
        }
        var gauge = builder.ofLongs().build();
        return (value, attributes) -> gauge.set(whole(value), attributes);
      }
      default:
        throw new IllegalArgumentException("there is no instrument kind " + spec.kind());
    }
  }

  private static void register(Meter meter, Request.InstrumentSpec spec, Observable observable) {
    String unit = orEmpty(spec.unit());
    String description = orEmpty(spec.description());
    switch (spec.kind()) {
      case "observable_counter" -> {
        var builder = meter.counterBuilder(spec.name()).setUnit(unit).setDescription(description);
        if (isFloat(spec)) {
          builder.ofDoubles().buildWithCallback(m -> observable.report((v, a) -> m.record(v.doubleValue(), a)));
        } else {
          builder.buildWithCallback(m -> observable.report((v, a) -> m.record(whole(v), a)));
        }
      }
      case "observable_up_down_counter" -> {
        var builder = meter.upDownCounterBuilder(spec.name()).setUnit(unit).setDescription(description);
        if (isFloat(spec)) {
          builder.ofDoubles().buildWithCallback(m -> observable.report((v, a) -> m.record(v.doubleValue(), a)));
        } else {
          builder.buildWithCallback(m -> observable.report((v, a) -> m.record(whole(v), a)));
        }
      }
      case "observable_gauge" -> {
        var builder = meter.gaugeBuilder(spec.name()).setUnit(unit).setDescription(description);
        if (isFloat(spec)) {
          builder.buildWithCallback(m -> observable.report((v, a) -> m.record(v.doubleValue(), a)));
        } else {
          builder.ofLongs().buildWithCallback(m -> observable.report((v, a) -> m.record(whole(v), a)));
        }
      }
      default -> throw new IllegalArgumentException("there is no instrument kind " + spec.kind());
    }
  }

  private static long whole(Number value) {
    if (value instanceof Long whole) {
      return whole;
    }
    throw new IllegalArgumentException("not a whole number: " + value);
  }

  void record(Request.Record measurement) {
    BiConsumer<Number, Attributes> instrument = named(synchronous, measurement.instrument());
    Attributes attributes = Items.attributes(measurement.attributes());
    long times = measurement.times() == null ? 1 : measurement.times();
    for (long time = 0; time < times; time++) {
      instrument.accept(measurement.value(), attributes);
    }
  }

  void observe(Request.Observe state) {
    named(observables, state.instrument()).set(state);
  }

  private static <T> T named(Map<String, T> instruments, String name) {
    T instrument = instruments.get(name);
    if (instrument == null) {
      throw new IllegalArgumentException("there is no such instrument: " + name);
    }
    return instrument;
  }

  /** What a callback does when it is called. */
  private static final class Observable {
    private final Map<Attributes, Number> values = new LinkedHashMap<>();
    private boolean fails;
    private long blockMs;

    Observable(List<Request.Observation> observations) {
      if (observations != null) {
        observations.forEach(one -> values.put(Items.attributes(one.attributes()), one.value()));
      }
    }

    synchronized void set(Request.Observe state) {
      Attributes attributes = Items.attributes(state.attributes());
      if (state.value() != null) {
        values.put(attributes, state.value());
      } else if (!state.fails() && state.blockMs() == 0) {
        values.remove(attributes);
      }
      fails = state.fails();
      blockMs = state.blockMs();
    }

    synchronized void report(BiConsumer<Number, Attributes> observer) {
      try {
        TimeUnit.MILLISECONDS.sleep(blockMs);
      } catch (InterruptedException interruption) {
        Thread.currentThread().interrupt();
      }
      if (fails) {
        throw new IllegalStateException("the callback fails, as the scenario asks for");
      }
      values.forEach((attributes, value) -> observer.accept(value, attributes));
    }
  }
}
