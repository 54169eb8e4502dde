package dev.seedance.gateway.client;

import dev.seedance.gateway.client.Errors.ConnectionFailed;
import dev.seedance.gateway.client.Errors.DeadlineExceeded;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Counts the tries of one call, or of one stream over many calls, and decides about the next one. Does no I/O and never
 * waits; used by one thread at a time. Times are in nanoseconds.
 */
final class Attempts {
  /** For a connection: a gateway that is back is soon seen. */
  static final long LONGEST_WAIT = Duration.ofSeconds(2).toNanos();

  private static final Logger LOG = LoggerFactory.getLogger("dev.seedance.gateway.client");
  private static final Map<String, Long> WARNED = new ConcurrentHashMap<>(); // When an endpoint was last warned of.
  private static final long WARNING_PAUSE = Duration.ofSeconds(30).toNanos();

  private final String what;
  private final Options options;
  private final boolean repeat;
  private final boolean stream;
  private final LongSupplier clock;
  private final DoubleSupplier chance;
  private final Long deadline;
  private int failures;
  private boolean progressed;
  private Long awaySince; // Since when there has been no connection.
  private int refusals;

  /** {@code timeout} is for all tries, null: no limit. Without {@code repeat} only what was never sent is repeated. */
  Attempts(String what, Options options, Duration timeout, boolean repeat, boolean stream) {
    this(what, options, timeout, repeat, stream, System::nanoTime, () -> ThreadLocalRandom.current().nextDouble());
  }

  Attempts(String what, Options options, Duration timeout, boolean repeat, boolean stream, LongSupplier clock,
      DoubleSupplier chance) {
    this.what = what;
    this.options = options;
    this.repeat = repeat;
    this.stream = stream;
    this.clock = clock;
    this.chance = chance;
    this.deadline = timeout == null ? null : clock.getAsLong() + timeout.toNanos();
  }

  /** Whether the same request may succeed later. Errors of the gateway carry a reason; others broke off on the way. */
  static boolean mayBeRepeated(GatewayException error) {
    return error instanceof ConnectionFailed || switch (error.code().orElse(Code.UNKNOWN)) {
      case UNAVAILABLE, DEADLINE_EXCEEDED -> true;
      case RESOURCE_EXHAUSTED, ABORTED -> error.retryDelay().isPresent();
      case CANCELLED -> error.reason().isEmpty();
      default -> false;
    };
  }

  /** Until the deadline, at least 0; null: there is none. */
  Long left() {
    return deadline == null ? null : Long.valueOf(Math.max(deadline - clock.getAsLong(), 0));
  }

  /** The stream moved on, or ended in good order: later failures count anew, and more of them are borne. */
  void progressed() {
    failures = 0;
    progressed = true;
    awaySince = null;
  }

  /** After a failed try: how long to wait before the next one. Throws {@code error}, or a plainer one, in the end. */
  long failed(GatewayException error) {
    Long left = left();
    if (stream && left != null && left == 0) {
      throw new DeadlineExceeded(Details.of(Code.DEADLINE_EXCEEDED, "the time for " + what + " is over"));
    }
    long delay = error.neverSent() ? withoutConnection(error) : withConnection(error);
    if (left != null && delay >= left) {
      throw plain(error);
    }
    log(error, delay);
    return delay;
  }

  private long withConnection(GatewayException error) {
    awaySince = null;
    long jitter = (long) (options.longestWait(failures) * chance.getAsDouble());
    failures++;
    if (!repeat || !mayBeRepeated(error) || failures >= (progressed ? options.streamAttempts : options.attempts)) {
      throw error;
    }
    return error.retryDelay().orElse(Duration.ZERO).toNanos() + jitter;
  }

  /** A try without a connection costs nothing: gRPC connects at a pace of its own. So time counts, and not tries. */
  private long withoutConnection(GatewayException error) {
    long now = clock.getAsLong();
    if (awaySince == null) {
      awaySince = now;
      refusals = 0;
    }
    long left = (progressed ? options.outageTimeout : options.connectTimeout).toNanos() - (now - awaySince);
    if (left <= 0) {
      throw plain(error);
    }
    double unit = chance.getAsDouble();
    return (long) Math.min(Math.min(options.longestWait(refusals++) * unit, LONGEST_WAIT * unit), left);
  }

  private GatewayException plain(GatewayException error) {
    if (!error.neverSent() || awaySince == null) {
      return error;
    }
    return Errors.of(error.details().plain(options.endpoint, (clock.getAsLong() - awaySince) / 1e9));
  }

  /** Without texts of the gateway, which may quote a request. */
  private void log(GatewayException error, long delay) {
    if (error.neverSent()) {
      long now = clock.getAsLong();
      Long last = WARNED.get(options.endpoint);
      boolean news = last == null || now - last > WARNING_PAUSE; // A process may have thousands of watches.
      if (news) {
        WARNED.put(options.endpoint, now);
      }
      LOG.atLevel(news ? Level.WARN : Level.DEBUG)
          .log("{}: {}; it waits for the gateway", what, plain(error).description());
    } else {
      String cause = error.reason().isEmpty() ? error.code().map(Code::name).orElse("error") : error.reason();
      LOG.info("{}: {}; again in {} s", what, cause, delay / 100_000_000 / 10.0);
    }
  }
}
