package dev.otelbox;

import java.lang.reflect.Field;
import java.util.Map;

/**
 * The environment as the SDK sees it. Java offers no way to change it, so this changes the map behind {@link
 * System#getenv()}; the command line has to open java.util for it. The SDK reads it in its own way, as ever.
 */
final class SdkEnvironment {
  private SdkEnvironment() {}

  /** Makes {@code variables} the only ones whose name begins with {@code OTEL_}. */
  static void replaceWith(Map<String, String> variables) {
    Map<String, String> modifiable = modifiable(System.getenv());
    modifiable.keySet().removeIf(name -> name.startsWith("OTEL_"));
    modifiable.putAll(variables);
  }

  @SuppressWarnings("unchecked")
  private static Map<String, String> modifiable(Map<String, String> view) {
    try {
      Field field = view.getClass().getDeclaredField("m");
      field.setAccessible(true);
      return (Map<String, String>) field.get(view);
    } catch (ReflectiveOperationException exception) {
      throw new IllegalStateException("the environment cannot be changed", exception);
    }
  }
}
