package dev.seedance.gateway.client;

import io.grpc.Status.Code;

/** Where a watch goes on: the token of the last message read, or the fresh one of OUT_OF_RANGE. */
abstract class ResumingState<Q, R, T> implements StreamCall.State<Q, R, T> {
  private volatile String resumeToken;
  private boolean refreshed; // One fresh token without a message between is enough; a second would mean a loop.

  ResumingState(String resumeToken) {
    this.resumeToken = resumeToken;
  }

  final String resumeToken() {
    return resumeToken;
  }

  /** What comes from now on does not compare with what came before. */
  abstract void startOver();

  final void read(String token) {
    resumeToken = token.isEmpty() ? resumeToken : token;
    refreshed = false;
  }

  final void forget() {
    resumeToken = "";
  }

  @Override
  public GatewayException ended(GatewayException error, Attempts attempts) {
    boolean outOfRange = error.code().orElse(null) == Code.OUT_OF_RANGE;
    String fresh = outOfRange ? error.metadata().getOrDefault("resume_token", "") : "";
    if (!fresh.isEmpty() && !refreshed) {
      resumeToken = fresh;
      refreshed = true;
      startOver();
      return null;
    }
    if (error.code().orElse(null) == Code.UNAVAILABLE && error.inGoodOrder()) {
      // The gateway sends its readers elsewhere. The token of its trailer stands behind messages that nobody has read.
      attempts.progressed();
    }
    return error;
  }

  static GatewayException broken(String what) {
    return Errors.of(Details.of(Code.UNAVAILABLE, what));
  }
}
