package dev.otelbox;

import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What the SDK tells its user by java.util.logging, at the level INFO, which is the default: one line each. */
final class SdkLog extends Formatter {
  private SdkLog() {}

  static void toStandardError() {
    LogManager.getLogManager().reset();
    ConsoleHandler handler = new ConsoleHandler();
    handler.setFormatter(new SdkLog());
    Logger.getLogger("").addHandler(handler);
  }

  @Override
  public String format(LogRecord record) {
    StringBuilder line =
        new StringBuilder(record.getLevel().getName())
            .append(' ')
            .append(record.getLoggerName())
            .append(": ")
            .append(formatMessage(record));
    for (Throwable cause = record.getThrown(); cause != null; cause = cause.getCause()) {
      line.append(": ").append(cause);
    }
    return line.toString().replace('\n', ' ') + '\n';
  }
}
