package dev.seedance.gateway.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.QuotaFailure;
import com.google.rpc.ResourceInfo;
import com.google.rpc.RetryInfo;
import dev.seedance.gateway.client.GatewayException.FieldViolation;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What an error says. `code` is null for a task's or an asset's; `retryDelay` and `cause` may be null. */
record Details(String message, Status.Code code, String reason, List<FieldViolation> violations, Duration retryDelay,
    String resourceName, String quota, Map<String, String> metadata, String requestId, boolean neverSent,
    boolean inGoodOrder, Throwable cause) implements Serializable {
  private static final Metadata.Key<byte[]> STATUS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);
  private static final Metadata.Key<String> RESUME_TOKEN =
      Metadata.Key.of("resume-token", Metadata.ASCII_STRING_MARSHALLER);

  /** Of an error that this client makes. */
  static Details of(Status.Code code, String message) {
    return new Details(message, code, "", List.of(), null, "", "", Map.of(), "", false, false, null);
  }

  /** Of a task or an asset. */
  static Details of(String reason, String message, String resourceName, Map<String, String> metadata) {
    return new Details(message, null, reason, List.of(), null, resourceName, "", metadata, "", false, false, null);
  }

  /** Of the end of a call. Bytes that are no google.rpc.Status count as none; never fails. */
  static Details of(Status status, Metadata trailers, String requestId, boolean sent) {
    List<FieldViolation> violations = new ArrayList<>();
    ErrorInfo info = ErrorInfo.getDefaultInstance();
    Duration retryDelay = null;
    String resourceName = "";
    String quota = "";
    byte[] bytes = trailers.get(STATUS);
    try {
      for (Any detail : com.google.rpc.Status.parseFrom(bytes == null ? new byte[0] : bytes).getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          info = detail.unpack(ErrorInfo.class);
        } else if (detail.is(BadRequest.class)) {
          detail.unpack(BadRequest.class).getFieldViolationsList().forEach(
              one -> violations.add(new FieldViolation(one.getField(), one.getDescription())));
        } else if (detail.is(RetryInfo.class)) {
          var delay = detail.unpack(RetryInfo.class).getRetryDelay();
          retryDelay = Duration.ofSeconds(delay.getSeconds(), delay.getNanos());
        } else if (detail.is(ResourceInfo.class)) {
          resourceName = detail.unpack(ResourceInfo.class).getResourceName();
        } else if (detail.is(QuotaFailure.class)) {
          for (var one : detail.unpack(QuotaFailure.class).getViolationsList()) {
            quota = one.getSubject() + ": " + one.getDescription();
          }
        }
      }
    } catch (InvalidProtocolBufferException error) {
      // What was read before stays.
    }
    String message = status.getDescription() == null ? "" : status.getDescription();
    return new Details(message, status.getCode(), info.getReason(), List.copyOf(violations), retryDelay, resourceName,
        quota, Map.copyOf(info.getMetadataMap()), requestId, !sent && status.getCode() == Status.Code.UNAVAILABLE,
        trailers.containsKey(RESUME_TOKEN), status.getCause());
  }

  /** Of a connection that was not made: the first cause, which is the plainest. */
  Details plain(String endpoint, double waitedSeconds) {
    Throwable first = cause;
    while (first != null && first.getCause() != null) {
      first = first.getCause();
    }
    String said = first == null || first.getMessage() == null ? message : first.getMessage();
    String why = said.contains("refused") ? "connection refused" : said.lines().findFirst().orElse("no connection");
    String waited = waitedSeconds < 0.5 ? "" : String.format(" (waited %.0f s)", waitedSeconds);
    String text = "cannot connect to " + endpoint + ": " + why + waited;
    return new Details(text, code, reason, violations, retryDelay, resourceName, quota, metadata, requestId, neverSent,
        inGoodOrder, cause);
  }
}
