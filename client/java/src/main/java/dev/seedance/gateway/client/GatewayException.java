package dev.seedance.gateway.client;

import io.grpc.Status;
import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a call, a task or an asset failed with. Base of all errors of this package; {@link Errors} has a class for each
 * reason. Decide by the class or by {@link #reason}, never by a text.
 */
public class GatewayException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final Details details;

  GatewayException(Details details) {
    super(details.message(), details.cause());
    this.details = details;
  }

  /** A rule that a field of the request breaks; {@code field} is a path, for example {@code asset.display_name}. */
  public record FieldViolation(String field, String description) implements Serializable {}

  /** Name of an ErrorReason without prefix; empty: not made by the gateway. */
  public String reason() {
    return details.reason();
  }

  /** Status of the call; empty: the error of a task or an asset. */
  public Optional<Status.Code> code() {
    return Optional.ofNullable(details.code());
  }

  /** The text of the gateway, or of the vendor, for people. {@link #getMessage} has all that helps them. */
  public String description() {
    return details.message();
  }

  /** What to do, in a sentence or two for people. May be empty. */
  public String advice() {
    return metadata().getOrDefault("advice", "");
  }

  /** Every broken rule of the request. */
  public List<FieldViolation> violations() {
    return details.violations();
  }

  /** Not to be tried again before it has passed. */
  public Optional<Duration> retryDelay() {
    return Optional.ofNullable(details.retryDelay());
  }

  /** For example {@code assets/anyfast~asset-1}; of a failed create, what stays readable. May be empty. */
  public String resourceName() {
    return details.resourceName();
  }

  /** Which limit was reached, and whose, for example {@code upstream:anyfast: ...}. May be empty. */
  public String quota() {
    return details.quota();
  }

  /** The vendor's {@code upstream_code}, {@code upstream_message}, and others. */
  public Map<String, String> metadata() {
    return details.metadata();
  }

  /** That of the call: another call with it never pays twice. Empty: the call has none. */
  public String requestId() {
    return details.requestId();
  }

  /** Reason, description, broken rules, advice and request_id. */
  @Override
  public String getMessage() {
    String name = !reason().isEmpty() || details.code() == null ? reason() : details.code().name();
    StringBuilder text = new StringBuilder(name.isEmpty() ? description() : name + ": " + description());
    violations().forEach(one -> text.append("\n  ").append(one.field()).append(": ").append(one.description()));
    line(text, advice());
    line(text, requestId().isEmpty() ? "" : "request_id: " + requestId());
    return text.toString();
  }

  Details details() {
    return details;
  }

  /** Whether the request surely never left this machine. */
  boolean neverSent() {
    return details.neverSent();
  }

  /** Whether the gateway ended the stream in good order. */
  boolean inGoodOrder() {
    return details.inGoodOrder();
  }

  static void line(StringBuilder text, String line) {
    if (!line.isEmpty()) {
      text.append("\n  ").append(line);
    }
  }
}
