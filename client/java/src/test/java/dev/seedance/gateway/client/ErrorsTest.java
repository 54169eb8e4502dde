package dev.seedance.gateway.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.seedance.gateway.v1.Asset;
import dev.seedance.gateway.v1.ErrorReason;
import dev.seedance.gateway.v1.GenerationTask;
import dev.seedance.gateway.v1.GenerationTask.State;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ErrorsTest {
  @Test
  void everyReasonIsAClassOfItsName() {
    for (ErrorReason reason : ErrorReason.values()) {
      if (reason != ErrorReason.UNRECOGNIZED && reason != ErrorReason.ERROR_REASON_UNSPECIFIED) {
        String name = reason.name().substring("ERROR_REASON_".length());
        String found = Errors.of(Details.of(name, "text", "", Map.of())).getClass().getSimpleName();
        assertEquals(name.replace("_", ""), found.toUpperCase(Locale.ROOT));
      }
    }
  }

  @Test
  void aReasonOfALaterReleaseIsAPlainError() {
    GatewayException error = Errors.of(Details.of("NEW_REASON", "text", "", Map.of()));
    assertSame(GatewayException.class, error.getClass());
    assertEquals("NEW_REASON: text", error.getMessage());
  }

  @Test
  void bytesThatAreNoStatusCountAsNone() {
    Metadata trailers = new Metadata();
    trailers.put(Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER), new byte[] {1, 2, 3});
    GatewayException error = Errors.of(Status.UNAVAILABLE.withDescription("gone"), trailers, "id", true);
    assertInstanceOf(Errors.ConnectionFailed.class, error);
    assertEquals("UNAVAILABLE: gone\n  request_id: id", error.getMessage());
  }

  @Test
  void anUnknownOutcomeSaysWhatToDo() {
    GatewayException error = Errors.of(Details.of("OUTCOME_UNKNOWN", "lost", "", Map.of()));
    assertTrue(error.getMessage().contains("Repeat the call with this request_id"));
  }

  @Test
  void whatATaskEndedWithIsThrown() {
    var failed = GenerationTask.newBuilder().setName("it").setState(State.STATE_FAILED);
    failed.getErrorBuilder().setReason(ErrorReason.ERROR_REASON_OUTPUT_MODERATION).setAdvice("change it")
        .setUpstreamCode("x");
    GatewayException error = assertThrows(Errors.Moderated.class, () -> Errors.throwIfFailed(failed.build()));
    assertEquals("change it", error.advice());
    assertEquals("x", error.metadata().get("upstream_code"));
    assertEquals("it", error.resourceName());
    var cancelled = failed.clone().setState(State.STATE_CANCELLED).build();
    assertThrows(Errors.Cancelled.class, () -> Errors.throwIfFailed(cancelled));
    var doubted = failed.clone().setState(State.STATE_SUBMIT_UNKNOWN).build();
    assertSame(doubted, Errors.throwIfFailed(doubted));
    failed.getErrorBuilder().setReasonValue(999);
    assertThrows(GatewayException.class, () -> Errors.throwIfFailed(failed.build()));
  }

  @Test
  void whatAnAssetEndedWithIsThrown() {
    Asset fine = Asset.newBuilder().setState(Asset.State.STATE_ACTIVE).build();
    assertSame(fine, Errors.throwIfFailed(fine));
    Asset expired = Asset.newBuilder().setState(Asset.State.STATE_EXPIRED).build();
    assertThrows(Errors.ResourceNotFound.class, () -> Errors.throwIfFailed(expired));
    Asset failed = Asset.newBuilder().setError(
        Asset.Error.newBuilder().setReason(ErrorReason.ERROR_REASON_INPUT_MODERATION)).build();
    assertThrows(Errors.InputModeration.class, () -> Errors.throwIfFailed(failed));
  }
}
