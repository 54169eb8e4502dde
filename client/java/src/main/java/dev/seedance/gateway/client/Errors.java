package dev.seedance.gateway.client;

import dev.seedance.gateway.v1.Asset;
import dev.seedance.gateway.v1.ErrorReason;
import dev.seedance.gateway.v1.GenerationTask;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.Map;

/**
 * One class for each reason, named as it is; error_reason.proto says what each means, with which status it comes, and
 * what to do. A reason that this release does not know, and a status without a reason, is a plain GatewayException.
 */
@SuppressWarnings("serial")
public final class Errors {
  private Errors() {}

  /** Returns the task, or throws what it ended with. One in doubt (SUBMIT_UNKNOWN) has not ended. */
  public static GenerationTask throwIfFailed(GenerationTask task) {
    if (task.getState() == GenerationTask.State.STATE_CANCELLED) {
      throw new Cancelled(Details.of("CANCELLED", task.getName() + " was cancelled", task.getName(), Map.of()));
    }
    if (task.getState() == GenerationTask.State.STATE_SUBMIT_UNKNOWN || !task.hasError()) {
      return task;
    }
    GenerationTask.Error error = task.getError();
    throw of(error.getReason(), error.getMessage(), task.getName(), error.getAdvice(), error.getUpstreamCode());
  }

  /** Returns the asset, or throws what it ended with. */
  public static Asset throwIfFailed(Asset asset) {
    if (asset.getState() == Asset.State.STATE_EXPIRED) {
      String text = asset.getName() + " is no longer kept by the vendor";
      throw new ResourceNotFound(Details.of("RESOURCE_NOT_FOUND", text, asset.getName(), Map.of()));
    }
    if (!asset.hasError()) {
      return asset;
    }
    Asset.Error error = asset.getError();
    throw of(error.getReason(), error.getMessage(), asset.getName(), error.getAdvice(), error.getUpstreamCode());
  }

  private static GatewayException of(ErrorReason reason, String text, String name, String advice, String code) {
    String known = reason == ErrorReason.UNRECOGNIZED ? "" : reason.name().substring("ERROR_REASON_".length());
    return of(Details.of(known, text.isEmpty() ? name + " failed" : text, name,
        Map.of("advice", advice, "upstream_code", code)));
  }

  /** The typed error of the end of a call; {@code sent}: the request may have left this machine. */
  static GatewayException of(Status status, Metadata trailers, String requestId, boolean sent) {
    return of(Details.of(status, trailers, requestId, sent));
  }

  static GatewayException of(Details details) {
    if (details.reason().isEmpty() && details.code() != null) {
      return switch (details.code()) {
        case DEADLINE_EXCEEDED -> new DeadlineExceeded(details);
        case CANCELLED -> new Cancelled(details);
        case UNAUTHENTICATED -> new Unauthenticated(details);
        case DATA_LOSS -> new DataLoss(details);
        // The gateway's own errors carry a reason: these are of the connection, or of a proxy.
        case UNAVAILABLE, INTERNAL, UNKNOWN -> new ConnectionFailed(details);
        // A peer that does not like the pings says ENHANCE_YOUR_CALM, which gRPC takes for this status.
        case RESOURCE_EXHAUSTED -> details.message().contains("GOAWAY") ? new ConnectionFailed(details)
            : new GatewayException(details);
        default -> new GatewayException(details);
      };
    }
    return switch (details.reason()) {
      case "INVALID_INPUT" -> new InvalidInput(details);
      case "UPSTREAM_INVALID_INPUT" -> new UpstreamInvalidInput(details);
      case "INPUT_MODERATION" -> new InputModeration(details);
      case "OUTPUT_MODERATION" -> new OutputModeration(details);
      case "UNAUTHENTICATED" -> new Unauthenticated(details);
      case "UPSTREAM_AUTH_FAILED" -> new UpstreamAuthFailed(details);
      case "CREDITS_EXHAUSTED" -> new CreditsExhausted(details);
      case "QUOTA_EXCEEDED" -> new QuotaExceeded(details);
      case "RATE_LIMITED" -> new RateLimited(details);
      case "RESOURCE_NOT_FOUND" -> new ResourceNotFound(details);
      case "REQUEST_ID_REUSED" -> new RequestIdReused(details);
      case "DISPLAY_NAME_TAKEN" -> new DisplayNameTaken(details);
      case "ASSET_NOT_READY" -> new AssetNotReady(details);
      case "GROUP_NOT_EMPTY" -> new GroupNotEmpty(details);
      case "CANCEL_UNSUPPORTED" -> new CancelUnsupported(details);
      case "TASK_ALREADY_ENDED" -> new TaskAlreadyEnded(details);
      case "TASK_NOT_SUCCEEDED" -> new TaskNotSucceeded(details);
      case "RESULT_EXPIRED" -> new ResultExpired(details);
      case "SHARED_CREDENTIALS" -> new SharedCredentials(details);
      case "OUTCOME_UNKNOWN" -> new OutcomeUnknown(details);
      case "UPSTREAM_UNAVAILABLE" -> new UpstreamUnavailable(details);
      case "UPSTREAM_PROTOCOL" -> new UpstreamProtocol(details);
      case "UPSTREAM_LOST" -> new UpstreamLost(details);
      case "DEADLINE_EXCEEDED" -> new DeadlineExceeded(details);
      case "UPSTREAM_FAILED" -> new UpstreamFailed(details);
      case "RESUME_TOKEN_EXPIRED" -> new ResumeTokenExpired(details);
      case "SIZE_OUT_OF_RANGE" -> new SizeOutOfRange(details);
      case "DRAINING" -> new Draining(details);
      case "STORE_UNAVAILABLE" -> new StoreUnavailable(details);
      case "UNSUPPORTED_BY_UPSTREAM" -> new UnsupportedByUpstream(details);
      case "CANCELLED" -> new Cancelled(details);
      case "INTERNAL" -> new Internal(details);
      case "ASSET_LIBRARY_FULL" -> new AssetLibraryFull(details);
      case "TASK_NOT_ENDED" -> new TaskNotEnded(details);
      case "TASK_NOT_IN_DOUBT" -> new TaskNotInDoubt(details);
      case "TRANSFER_TOO_SLOW" -> new TransferTooSlow(details);
      case "RESULT_MISSING" -> new ResultMissing(details);
      case "CREATION_NOT_IN_DOUBT" -> new CreationNotInDoubt(details);
      default -> new GatewayException(details);
    };
  }

  /** No connection, or it broke off: nobody said what became of the call. Its request_id is safe to repeat. */
  public static class ConnectionFailed extends GatewayException { ConnectionFailed(Details d) { super(d); } }

  /** The bytes of a download are not those of the file: their number or their SHA-256 differs. */
  public static class DataLoss extends GatewayException { DataLoss(Details d) { super(d); } }

  /** The vendor's moderation refused something: change prompt or references. */
  public abstract static sealed class Moderated extends GatewayException permits InputModeration, OutputModeration {
    Moderated(Details details) { super(details); }
  }

  /**
   * The vendor may have taken, and billed, the creation; its answer was lost.
   *
   * <p>Call again with {@link #requestId} of this error: that never sends a second request, and answers once the
   * gateway has found what the vendor made. A new request_id may pay twice. {@code listCreationsInDoubt} and
   * {@code reconcileCreation} settle what stays in doubt.
   */
  public static final class OutcomeUnknown extends GatewayException {
    OutcomeUnknown(Details details) { super(details); }

    @Override
    public String getMessage() {
      return super.getMessage() + "\n  Repeat the call with this request_id: it never pays twice; a new one may.";
    }
  }

  public static class InvalidInput extends GatewayException { InvalidInput(Details d) { super(d); } }
  public static class UpstreamInvalidInput extends GatewayException { UpstreamInvalidInput(Details d) { super(d); } }
  public static final class InputModeration extends Moderated { InputModeration(Details d) { super(d); } }
  public static final class OutputModeration extends Moderated { OutputModeration(Details d) { super(d); } }
  public static class Unauthenticated extends GatewayException { Unauthenticated(Details d) { super(d); } }
  public static class UpstreamAuthFailed extends GatewayException { UpstreamAuthFailed(Details d) { super(d); } }
  public static class CreditsExhausted extends GatewayException { CreditsExhausted(Details d) { super(d); } }
  public static class QuotaExceeded extends GatewayException { QuotaExceeded(Details d) { super(d); } }
  public static class RateLimited extends GatewayException { RateLimited(Details d) { super(d); } }
  public static class ResourceNotFound extends GatewayException { ResourceNotFound(Details d) { super(d); } }
  public static class RequestIdReused extends GatewayException { RequestIdReused(Details d) { super(d); } }
  public static class DisplayNameTaken extends GatewayException { DisplayNameTaken(Details d) { super(d); } }
  public static class AssetNotReady extends GatewayException { AssetNotReady(Details d) { super(d); } }
  public static class GroupNotEmpty extends GatewayException { GroupNotEmpty(Details d) { super(d); } }
  public static class CancelUnsupported extends GatewayException { CancelUnsupported(Details d) { super(d); } }
  public static class TaskAlreadyEnded extends GatewayException { TaskAlreadyEnded(Details d) { super(d); } }
  public static class TaskNotSucceeded extends GatewayException { TaskNotSucceeded(Details d) { super(d); } }
  public static class ResultExpired extends GatewayException { ResultExpired(Details d) { super(d); } }
  public static class SharedCredentials extends GatewayException { SharedCredentials(Details d) { super(d); } }
  public static class UpstreamUnavailable extends GatewayException { UpstreamUnavailable(Details d) { super(d); } }
  public static class UpstreamProtocol extends GatewayException { UpstreamProtocol(Details d) { super(d); } }
  public static class UpstreamLost extends GatewayException { UpstreamLost(Details d) { super(d); } }
  public static class DeadlineExceeded extends GatewayException { DeadlineExceeded(Details d) { super(d); } }
  public static class UpstreamFailed extends GatewayException { UpstreamFailed(Details d) { super(d); } }
  public static class ResumeTokenExpired extends GatewayException { ResumeTokenExpired(Details d) { super(d); } }
  public static class SizeOutOfRange extends GatewayException { SizeOutOfRange(Details d) { super(d); } }
  public static class Draining extends GatewayException { Draining(Details d) { super(d); } }
  public static class StoreUnavailable extends GatewayException { StoreUnavailable(Details d) { super(d); } }
  public static class UnsupportedByUpstream extends GatewayException { UnsupportedByUpstream(Details d) { super(d); } }
  public static class Cancelled extends GatewayException { Cancelled(Details d) { super(d); } }
  public static class Internal extends GatewayException { Internal(Details d) { super(d); } }
  public static class AssetLibraryFull extends GatewayException { AssetLibraryFull(Details d) { super(d); } }
  public static class TaskNotEnded extends GatewayException { TaskNotEnded(Details d) { super(d); } }
  public static class TaskNotInDoubt extends GatewayException { TaskNotInDoubt(Details d) { super(d); } }
  public static class TransferTooSlow extends GatewayException { TransferTooSlow(Details d) { super(d); } }
  public static class ResultMissing extends GatewayException { ResultMissing(Details d) { super(d); } }
  public static class CreationNotInDoubt extends GatewayException { CreationNotInDoubt(Details d) { super(d); } }
}
