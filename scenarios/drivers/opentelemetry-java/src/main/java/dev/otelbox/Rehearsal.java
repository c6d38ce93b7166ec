package dev.otelbox;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.logging.LogManager;

/**
 * A short life of the driver, without anybody who listens to it: the Java virtual machine notes what it loads, and starts
 * faster with that.
 */
final class Rehearsal {
  private Rehearsal() {}

  /** Does what the lines of a file ask for. Nothing listens on their endpoint, of which the SDK would complain. */
  public static void main(String[] arguments) throws IOException {
    LogManager.getLogManager().reset();
    System.setErr(new PrintStream(OutputStream.nullOutputStream()));
    Driver driver = new Driver();
    for (String line : Files.readAllLines(Path.of(arguments[0]))) {
      if (driver.answerTo(line) instanceof Answer answer && !answer.ok()) {
        System.out.println(line + ": " + answer);
        System.exit(1);
      }
    }
    System.exit(0);
  }
}
