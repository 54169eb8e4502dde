package dev.seedance.gateway.client;

import dev.seedance.gateway.v1.Asset;
import dev.seedance.gateway.v1.GenerationTask;
import dev.seedance.gateway.v1.WatchAssetRequest;
import dev.seedance.gateway.v1.WatchAssetResponse;
import dev.seedance.gateway.v1.WatchGenerationTaskRequest;
import dev.seedance.gateway.v1.WatchGenerationTaskResponse;
import java.util.List;

/** A task or an asset until its end: each revision once, the last one always. */
abstract class WatchState<Q, R, T> extends ResumingState<Q, R, T> {
  private long revision;
  private boolean done;

  private WatchState(String resumeToken) {
    super(resumeToken);
  }

  static WatchState<WatchGenerationTaskRequest, WatchGenerationTaskResponse, GenerationTask> ofTask(String name,
      String token) {
    return new WatchState<>(token) {
      @Override
      public WatchGenerationTaskRequest request() {
        return WatchGenerationTaskRequest.newBuilder().setName(name).setResumeToken(resumeToken()).build();
      }

      @Override
      public List<GenerationTask> take(WatchGenerationTaskResponse message) {
        GenerationTask task = message.getGenerationTask();
        return take(message.getResumeToken(), message.hasGenerationTask(), task, task.getRevision(),
            Watch.hasEnded(task));
      }
    };
  }

  static WatchState<WatchAssetRequest, WatchAssetResponse, Asset> ofAsset(String name, String token) {
    return new WatchState<>(token) {
      @Override
      public WatchAssetRequest request() {
        return WatchAssetRequest.newBuilder().setName(name).setResumeToken(resumeToken()).build();
      }

      @Override
      public List<Asset> take(WatchAssetResponse message) {
        Asset asset = message.getAsset();
        return take(message.getResumeToken(), message.hasAsset(), asset, asset.getRevision(), Watch.hasEnded(asset));
      }
    };
  }

  final List<T> take(String token, boolean present, T resource, long revision, boolean last) {
    read(token);
    done = done || present && last;
    if (!present || revision != 0 && revision <= this.revision) {
      return List.of();
    }
    this.revision = revision;
    return List.of(resource);
  }

  @Override
  public final boolean done() {
    return done;
  }

  @Override
  final void startOver() {
    revision = 0;
  }

  @Override
  public final GatewayException ended(GatewayException error, Attempts attempts) {
    if (error == null) {
      // The token was given out behind the terminal state: without one the stream begins with that state.
      forget();
      return broken("the stream ended before the last message");
    }
    return super.ended(error, attempts);
  }
}
