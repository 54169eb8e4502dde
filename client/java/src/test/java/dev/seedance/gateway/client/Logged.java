package dev.seedance.gateway.client;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What the client logs until this is closed. */
final class Logged extends Handler implements AutoCloseable {
  private static final Logger LOGGER = Logger.getLogger("dev.seedance.gateway.client");

  private final List<LogRecord> records = new CopyOnWriteArrayList<>();
  private final Runnable onRecord;

  Logged() {
    this(() -> {});
  }

  Logged(Runnable onRecord) {
    this.onRecord = onRecord;
    setLevel(Level.ALL);
    LOGGER.setLevel(Level.ALL);
    LOGGER.addHandler(this);
  }

  long warnings() {
    return records.stream().filter(record -> record.getLevel() == Level.WARNING).count();
  }

  String text() {
    return String.join("\n", records.stream().map(LogRecord::getMessage).toList());
  }

  @Override
  public void publish(LogRecord record) {
    records.add(record);
    onRecord.run();
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    LOGGER.removeHandler(this);
  }
}
