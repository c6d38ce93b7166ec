package dev.otelbox;

import com.fasterxml.jackson.annotation.JsonInclude;

/** The answer to everything but {@code hello}. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Answer(boolean ok, String result, String message, Long elapsedMs) {
  static final Answer DONE = new Answer(true, null, null, null);

  static Answer refused(Object why) {
    return new Answer(false, null, String.valueOf(why), null);
  }
}
