package dev.seedance.gateway.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.seedance.gateway.v1.Asset;
import dev.seedance.gateway.v1.DownloadGenerationResultRequest.Part;
import dev.seedance.gateway.v1.DownloadGenerationResultResponse;
import dev.seedance.gateway.v1.GenerationTask;
import dev.seedance.gateway.v1.GenerationTask.State;
import dev.seedance.gateway.v1.WatchAssetResponse;
import dev.seedance.gateway.v1.WatchGenerationTaskResponse;
import dev.seedance.gateway.v1.WatchGenerationTasksRequest;
import dev.seedance.gateway.v1.WatchGenerationTasksResponse;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.Status.Code;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What streams have read, and where they go on: no server, no I/O. */
class StatesTest {
  private static final GatewayException BROKEN = Errors.of(Status.UNAVAILABLE, new Metadata(), "", true);

  private static Attempts attempts() {
    return new Attempts("Watch", new Options("gateway:1"), null, true, true);
  }

  private static GatewayException stale(String fresh) {
    return Errors.of(new Details("stale", Code.OUT_OF_RANGE, "RESUME_TOKEN_EXPIRED", List.of(), null, "", "",
        Map.of("resume_token", fresh), "", false, false, null));
  }

  private static GatewayException drained() {
    Metadata trailers = new Metadata();
    trailers.put(Metadata.Key.of("resume-token", Metadata.ASCII_STRING_MARSHALLER), "trailer");
    return Errors.of(Status.UNAVAILABLE, trailers, "", true);
  }

  @Nested
  class OfOneTask {
    private final WatchState<?, WatchGenerationTaskResponse, GenerationTask> state = WatchState.ofTask("it", "");

    private int take(State taskState, long revision) {
      return state.take(ScriptedServer.snapshot(taskState, revision)).size();
    }

    @Test
    void itGoesOnWithTheTokenOfTheLastMessage() {
      take(State.STATE_RUNNING, 5);
      state.take(WatchGenerationTaskResponse.newBuilder().setHeartbeat(true).setResumeToken("beat").build());
      assertEquals("beat", WatchState.ofTask("it", state.resumeToken()).request().getResumeToken());
    }

    @Test
    void noRevisionIsGivenTwice() {
      assertEquals(List.of(1, 0, 1),
          List.of(take(State.STATE_RUNNING, 5), take(State.STATE_RUNNING, 5), take(State.STATE_RUNNING, 6)));
    }

    @Test
    void itIsDoneWithATerminalStateAndNotWithAnUnknownOne() {
      var unknown = GenerationTask.newBuilder().setStateValue(99).setRevision(5);
      state.take(WatchGenerationTaskResponse.newBuilder().setGenerationTask(unknown).build());
      assertFalse(state.done());
      take(State.STATE_SUCCEEDED, 6);
      assertTrue(state.done());
    }

    @Test
    void aStaleTokenBeginsAnewAtOnceAndTakesSmallerRevisions() {
      take(State.STATE_RUNNING, 500);
      assertNull(state.ended(stale("fresh"), attempts()));
      assertEquals("fresh", state.resumeToken());
      assertEquals(1, take(State.STATE_RUNNING, 3));
    }

    @Test
    void aSecondFreshTokenWithoutAMessageIsAnError() {
      state.ended(stale("fresh"), attempts());
      assertNotNull(state.ended(stale("fresher"), attempts()));
    }

    @Test
    void theTokenOfATrailerIsNotTakenAndItsEndIsNoFruitlessTry() {
      take(State.STATE_RUNNING, 5);
      Attempts attempts = attempts();
      for (int i = 0; i < 100; i++) {
        GatewayException end = drained();
        assertSame(end, state.ended(end, attempts));
        attempts.failed(end);
      }
      assertEquals("token-5", state.resumeToken());
    }

    @Test
    void aStreamThatEndsWellWithoutAMessageBeginsWithTheCurrentState() {
      var behind = WatchState.ofTask("it", "behind the end");
      assertNotNull(behind.ended(null, attempts()));
      assertEquals("", behind.request().getResumeToken());
    }

    @Test
    void anAssetEndsWhenItsCheckHas() {
      var asset = WatchState.ofAsset("assets/1", "");
      for (var one : List.of(Asset.State.STATE_PROCESSING, Asset.State.STATE_ACTIVE)) {
        assertFalse(asset.done());
        var found = Asset.newBuilder().setState(one).setRevision(one.getNumber());
        asset.take(WatchAssetResponse.newBuilder().setAsset(found).build());
      }
      assertTrue(asset.done());
    }
  }

  @Nested
  class OfManyTasks {
    private final TasksState state = new TasksState(WatchGenerationTasksRequest.getDefaultInstance());

    /** What changed: revisions by name, 0 for what is gone. */
    private Map<String, Long> take(Map<String, Integer> revisions, boolean synced, String token, String... removed) {
      var message = WatchGenerationTasksResponse.newBuilder().setSynced(synced).setResumeToken(token);
      message.addAllRemoved(List.of(removed));
      new TreeMap<>(revisions).forEach((name, revision) ->
          message.addGenerationTasks(GenerationTask.newBuilder().setName(name).setRevision(revision)));
      Map<String, Long> changes = new TreeMap<>();
      for (TaskChange change : state.take(message.build()).get(0)) {
        changes.put(change.name(), change.task().map(GenerationTask::getRevision).orElse(0L));
      }
      return changes;
    }

    @Test
    void theMapFollowsChangesAndRemovals() {
      assertEquals(Map.of("a", 1L, "b", 2L), take(Map.of("a", 1, "b", 2), true, "t"));
      assertEquals(Map.of("a", 3L, "b", 0L), take(Map.of("a", 3), false, "u", "b", "never seen"));
      assertEquals(Set.of("a"), state.tasks.keySet());
    }

    @Test
    void whatVanishedWhileAStreamBeganAnewIsRemovedWhenItIsSynced() {
      take(Map.of("a", 1, "b", 2), true, "t");
      assertNull(state.ended(stale("fresh"), attempts()));
      assertEquals(Map.of(), take(Map.of("a", 1), false, ""));
      assertTrue(state.tasks.containsKey("b"));
      assertEquals(Map.of("b", 0L, "c", 9L), take(Map.of("c", 9), true, "u"));
    }

    @Test
    void aStreamThatBrokeBeforeItsFirstTokenStartsOver() {
      take(Map.of("a", 1), false, "");
      state.ended(BROKEN, attempts());
      assertEquals(Map.of("a", 0L, "b", 2L), take(Map.of("b", 2), true, "t"));
    }

    @Test
    void aStreamThatGoesOnRemovesNothing() {
      take(Map.of("a", 1), true, "t");
      state.ended(BROKEN, attempts());
      assertEquals("t", state.request().getResumeToken());
      assertEquals(Map.of("b", 2L), take(Map.of("b", 2), true, "u"));
    }
  }

  @Nested
  class OfADownload {
    private final DownloadState state = new DownloadState("it", Part.PART_VIDEO);

    private int take(String data, long total) {
      return state.take(DownloadGenerationResultResponse.newBuilder().setData(ByteString.copyFromUtf8(data))
          .setTotalSizeBytes(total).build()).size();
    }

    @Test
    void itGoesOnAtTheOffsetReached() {
      take("", 10);
      assertEquals(1, take("1234", 0));
      assertSame(BROKEN, state.ended(BROKEN, attempts()));
      assertEquals(4, state.request().getOffset());
    }

    @Test
    void allBytesAreTheEndWhateverTheStatus() {
      take("1234567890", 10);
      assertNull(state.ended(BROKEN, attempts()));
      assertTrue(state.done());
      assertEquals("c775e7b757ede630cd0aa1113bd102661ab38829ca52a6422ab782862f268646", state.result().sha256());
    }

    @Test
    void tooFewBytesAreNoEnd() {
      take("1", 10);
      assertNotNull(state.ended(null, attempts()));
      assertFalse(state.done());
    }

    @Test
    void aFileThatChangedAndMoreBytesThanAnnouncedAreErrors() {
      take("", 10);
      assertThrows(Errors.DataLoss.class, () -> take("", 11));
      assertThrows(Errors.DataLoss.class, () -> take("12345678901", 10));
    }

    @Test
    void theResultIsComparedWithWhatTheGatewayKnows() {
      DownloadResult found = new DownloadResult(2, "ab", "video/mp4");
      var known = GenerationTask.Result.newBuilder();
      assertSame(found, DownloadState.check(found, known.build()));
      assertSame(found, DownloadState.check(found, known.setSizeBytes(2).setSha256("ab").build()));
      for (var other : List.of(known.clone().setSizeBytes(3).build(), known.clone().setSha256("c").build())) {
        assertThrows(Errors.DataLoss.class, () -> DownloadState.check(found, other));
      }
    }
  }
}
