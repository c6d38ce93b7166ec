package dev.otelbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.resources.Resource;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The driver of opentelemetry-java: it does what the lines on standard input ask for. The protocol is described in
 * PROTOCOL.md, one folder up.
 */
public final class Driver {
  private static final int PROTOCOL = 1;

  /**
   * Neither flush nor shutdown take a time limit: what they return can be waited for as long as the caller likes, and
   * goes on. The periodic reader has no timeout either.
   */
  private static final List<String> CAPABILITIES =
      List.of(
          "metrics", "traces", "logs", "grpc", "http/protobuf", "observe", "observe_block", "views", "resource",
          "interval", "exporter_timeout", "temporality", "endpoint", "headers", "compression", "certificates", "switches",
          "simple_processor", "max_queue_size", "max_export_batch_size", "schedule_delay", "export_timeout", "export_deadline",
          "workers", "span_details", "log_in_span", "reset");

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(DeserializationFeature.USE_LONG_FOR_INTS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private record Hello(boolean ok, String sdk, String version, String language, List<String> capabilities) {}

  private List<Worker> workers = List.of();

  Driver() {}

  /** Answers line by line, until standard input ends. */
  public static void main(String[] arguments) throws IOException {
    SdkLog.toStandardError();
    Driver driver = new Driver();
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream output = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      if (!line.isBlank()) {
        output.println(JSON.writeValueAsString(driver.answerTo(line)));
      }
    }
    // Nothing of the SDK runs from here on, not even its exit hooks.
    Runtime.getRuntime().halt(0);
  }

  Object answerTo(String line) {
    try {
      return answerTo(JSON.readValue(line, Request.class));
    } catch (JsonProcessingException exception) {
      return Answer.refused("not a request: " + exception.getMessage());
    } catch (RuntimeException | Error mistake) {
      return Answer.refused(mistake);
    }
  }

  private Object answerTo(Request request) {
    boolean isStarted = !workers.isEmpty();
    if (request instanceof Request.Hello hello) {
      return hello(hello);
    }
    if (request instanceof Request.Reset) {
      return reset();
    }
    if (isStarted == request instanceof Request.Start) {
      return Answer.refused(isStarted ? "the SDK has been started before" : "the SDK has not been started");
    }
    if (request instanceof Request.Start start) {
      return start(start);
    } else if (request instanceof Request.Record measurement) {
      return each(worker -> worker.instruments().record(measurement));
    } else if (request instanceof Request.Observe state) {
      return each(worker -> worker.instruments().observe(state));
    } else if (request instanceof Request.Emit items) {
      return each(worker -> worker.emit(items));
    } else if (request instanceof Request.ForceFlush) {
      return Calls.flush(workers);
    } else {
      return Calls.shutdown(workers);
    }
  }

  private static Object hello(Request.Hello request) {
    if (request.protocol() != PROTOCOL) {
      return Answer.refused("this driver speaks protocol " + PROTOCOL + ", not " + request.protocol());
    }
    String version = Resource.getDefault().getAttribute(AttributeKey.stringKey("telemetry.sdk.version"));
    return new Hello(true, "opentelemetry-java", version, "java", CAPABILITIES);
  }

  private Answer start(Request.Start request) {
    if (request.env() != null) {
      SdkEnvironment.replaceWith(request.env());
    }
    List<Worker> started = new ArrayList<>();
    try {
      for (var more : request.workers()) {
        started.add(Worker.start(request, more));
      }
    } catch (IllegalArgumentException mistakeOfTheScenario) {
      throw mistakeOfTheScenario;
    } catch (RuntimeException refusal) {
      return new Answer(false, "failed", refusal.toString(), null);
    } finally {
      workers = started;
    }
    return Answer.DONE;
  }

  private Answer each(Consumer<Worker> call) {
    workers.forEach(call);
    return Answer.DONE;
  }

  private Answer reset() {
    List<String> left = Calls.takeDown(workers);
    workers = List.of();
    System.err.println("otelbox: reset");
    return left.isEmpty() ? Answer.DONE : Answer.refused("still running: " + String.join(", ", left));
  }
}
