package dev.seedance.gateway.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.Status.Code;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** When a call is tried again, by itself: no server, a clock that stands still. */
class RetryTest {
  private static final long SECOND = 1_000_000_000;
  private static final Options OPTIONS = new Options("gateway:1");

  private long now = 1000 * SECOND;

  private Attempts attempts(Options options, Integer seconds, boolean repeat, boolean stream) {
    Duration limit = seconds == null ? null : Duration.ofSeconds(seconds);
    return new Attempts("Get", options, limit, repeat, stream, () -> now, () -> 0.5);
  }

  private Attempts call() {
    return attempts(OPTIONS, 100, true, false);
  }

  private static GatewayException error(Code code, Double delaySeconds) {
    Duration delay = delaySeconds == null ? null : Duration.ofMillis((long) (delaySeconds * 1000));
    return Errors.of(new Details("it failed", code, "SOME_REASON", List.of(), delay, "", "", Map.of(), "", false, false,
        null));
  }

  private static GatewayException refused() {
    Status status = Status.UNAVAILABLE.withDescription("io exception")
        .withCause(new ConnectException("finishConnect(..) failed: Connection refused"));
    return Errors.of(status, new Metadata(), "", false);
  }

  private static GatewayException broken(Code code) {
    return Errors.of(code.toStatus(), new Metadata(), "", true);
  }

  @Test
  void theDelayIsThatOfRetryInfoPlusFullJitterThatDoubles() {
    Attempts attempts = call();
    List<Double> delays = Stream.generate(() -> attempts.failed(error(Code.UNAVAILABLE, 3.0)) / 1e9).limit(4).toList();
    assertEquals(List.of(3.1, 3.2, 3.4, 3.8), delays);
  }

  @Test
  void theLongestWaitIsBounded() {
    assertEquals(20 * SECOND, OPTIONS.longestWait(1000));
  }

  @Test
  void aCallEndsWithItsLastErrorAfterFiveTries() {
    Attempts attempts = call();
    for (int i = 0; i < 4; i++) {
      attempts.failed(error(Code.UNAVAILABLE, null));
    }
    GatewayException last = error(Code.UNAVAILABLE, null);
    assertSame(last, assertThrows(GatewayException.class, () -> attempts.failed(last)));
  }

  @Test
  void aStreamBearsTwentyFailuresInARowAfterAMessage() {
    Attempts attempts = attempts(OPTIONS, null, true, true);
    attempts.failed(error(Code.UNAVAILABLE, null));
    attempts.progressed();
    for (int i = 0; i < 19; i++) {
      attempts.failed(error(Code.UNAVAILABLE, null));
    }
    assertThrows(GatewayException.class, () -> attempts.failed(error(Code.UNAVAILABLE, null)));
  }

  @Test
  void whatNeedsARetryDelayIsNotRepeatedWithoutOne() {
    for (Code code : List.of(Code.RESOURCE_EXHAUSTED, Code.ABORTED)) {
      assertTrue(call().failed(error(code, 2.0)) > 2 * SECOND);
      assertThrows(GatewayException.class, () -> call().failed(error(code, null)));
    }
  }

  @Test
  void errorsOfTheRequestAreNotRepeated() {
    for (Code code : List.of(Code.INVALID_ARGUMENT, Code.NOT_FOUND, Code.FAILED_PRECONDITION, Code.ALREADY_EXISTS,
        Code.UNKNOWN, Code.INTERNAL, Code.UNAUTHENTICATED, Code.UNIMPLEMENTED, Code.OUT_OF_RANGE, Code.CANCELLED)) {
      assertThrows(GatewayException.class, () -> call().failed(error(code, null)), code.name());
    }
  }

  @Test
  void whatBrokeOffOnTheWayIsRepeated() {
    for (Code code : List.of(Code.UNAVAILABLE, Code.INTERNAL, Code.UNKNOWN, Code.CANCELLED)) {
      assertEquals(SECOND / 10, call().failed(broken(code)), code.name());
    }
  }

  @Test
  void aPeerThatDoesNotLikeThePingsIsABrokenConnection() {
    Status status = Status.RESOURCE_EXHAUSTED.withDescription("Connection closed after GOAWAY. too_many_pings");
    assertEquals(SECOND / 10, call().failed(Errors.of(status, new Metadata(), "", true)));
    assertThrows(GatewayException.class, () -> call().failed(broken(Code.RESOURCE_EXHAUSTED)));
  }

  @Test
  void aWaitThatWouldPassTheDeadlineIsNotBegun() {
    Attempts attempts = attempts(OPTIONS, 5, true, false);
    assertThrows(GatewayException.class, () -> attempts.failed(error(Code.UNAVAILABLE, 5.0)));
  }

  @Test
  void theTimeOfAWatchEndsWithDeadlineExceeded() {
    Attempts attempts = attempts(OPTIONS, 5, true, true);
    now += 5 * SECOND;
    GatewayException ended = assertThrows(GatewayException.class, () -> attempts.failed(error(Code.UNAVAILABLE, null)));
    assertInstanceOf(Errors.DeadlineExceeded.class, ended);
  }

  @Test
  void aCallThatMustNotBeRepeatedIsWhenItWasNeverSent() {
    Attempts attempts = attempts(OPTIONS, 100, false, false);
    assertEquals(SECOND / 10, attempts.failed(refused()));
    assertThrows(GatewayException.class, () -> attempts.failed(broken(Code.UNAVAILABLE)));
  }

  @Test
  void aCallWaitsForAConnectionAsLongAsItMay() {
    refuseUntilItGivesUp(attempts(OPTIONS, null, true, false), 20);
  }

  @Test
  void aWatchThatHasBegunWaitsLonger() {
    Attempts attempts = attempts(OPTIONS, null, true, true);
    attempts.progressed();
    refuseUntilItGivesUp(attempts, 600);
  }

  private void refuseUntilItGivesUp(Attempts attempts, int seconds) {
    GatewayException ended = assertThrows(Errors.ConnectionFailed.class, () -> {
      while (true) {
        long delay = attempts.failed(refused());
        assertTrue(delay <= Attempts.LONGEST_WAIT);
        now += delay;
      }
    });
    assertEquals(1000 + seconds, now / SECOND);
    assertEquals("cannot connect to gateway:1: connection refused (waited " + seconds + " s)", ended.description());
  }

  @Test
  void withoutAWaitForConnectionsACallFailsAtOnce() {
    Attempts attempts = attempts(OPTIONS.connectTimeout(Duration.ZERO), 100, true, false);
    GatewayException ended = assertThrows(GatewayException.class, () -> attempts.failed(refused()));
    assertEquals("cannot connect to gateway:1: connection refused", ended.description());
  }

  @Test
  void oneWarningTellsOfAGatewayThatIsAway() {
    try (Logged logged = new Logged()) {
      for (int i = 0; i < 100; i++) {
        attempts(new Options("away:1"), null, true, false).failed(refused());
      }
      assertEquals(1, logged.warnings());
    }
  }

  @Test
  void tenSecondsOfRefusalsAreAtMostTwentyCalls() {
    for (int seed = 0; seed < 2000; seed++) {
      Random random = new Random(seed);
      now = 0;
      Attempts attempts = new Attempts("Watch", OPTIONS, null, true, true, () -> now, random::nextDouble);
      attempts.progressed();
      int calls = 0;
      for (; now < 10 * SECOND; calls++) {
        now += attempts.failed(error(Code.UNAVAILABLE, null));
      }
      assertTrue(calls <= 20, "seed " + seed);
    }
  }
}
