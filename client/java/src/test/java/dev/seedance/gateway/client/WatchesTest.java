package dev.seedance.gateway.client;

import static dev.seedance.gateway.client.ScriptedServer.all;
import static dev.seedance.gateway.client.ScriptedServer.answer;
import static dev.seedance.gateway.client.ScriptedServer.failure;
import static dev.seedance.gateway.client.ScriptedServer.open;
import static dev.seedance.gateway.client.ScriptedServer.send;
import static dev.seedance.gateway.client.ScriptedServer.snapshot;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.seedance.gateway.client.ScriptedServer.Handler;
import dev.seedance.gateway.v1.Asset;
import dev.seedance.gateway.v1.GenerationTask;
import dev.seedance.gateway.v1.GenerationTask.State;
import dev.seedance.gateway.v1.WatchAssetResponse;
import dev.seedance.gateway.v1.WatchGenerationTaskRequest;
import dev.seedance.gateway.v1.WatchGenerationTasksRequest;
import dev.seedance.gateway.v1.WatchGenerationTasksResponse;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Watches and live maps, against a real server in the process. */
class WatchesTest extends ServerTest {
  private static final Handler BROKEN = failure(Code.UNAVAILABLE);
  private static final Handler SUCCEEDED = answer(snapshot(State.STATE_SUCCEEDED, 3));
  private static final WatchGenerationTasksRequest ALL = WatchGenerationTasksRequest.getDefaultInstance();

  private static Handler drained() {
    Metadata trailers = new Metadata();
    trailers.put(Metadata.Key.of("resume-token", Metadata.ASCII_STRING_MARSHALLER), "trailer");
    return exchange -> exchange.end(Status.UNAVAILABLE, trailers);
  }

  private static Handler running(long revision) {
    return send(snapshot(State.STATE_RUNNING, revision));
  }

  private List<String> tokens() {
    return server.seen(WatchGenerationTaskRequest.class).stream().map(one -> one.getResumeToken()).toList();
  }

  private List<Long> revisions(Watch<GenerationTask> watch) {
    return watch.stream().map(GenerationTask::getRevision).toList();
  }

  @Test
  void itResumesWithTheLastTokenUntilTheEnd() {
    server.on("WatchGenerationTask", all(running(1), BROKEN), failure(Code.INTERNAL), failure(Code.UNKNOWN),
        all(running(1), running(2), drained()), SUCCEEDED);
    assertEquals(List.of(1L, 2L, 3L), revisions(client.watchTask(NAME)));
    assertEquals(List.of("", "token-1", "token-1", "token-1", "token-2"), tokens());
  }

  @Test
  void itEndsOnce() {
    server.on("WatchGenerationTask", all(send(snapshot(State.STATE_SUCCEEDED, 1)), SUCCEEDED));
    Watch<GenerationTask> watch = client.watchTask(NAME);
    assertEquals(List.of(1L), revisions(watch));
    assertFalse(watch.iterator().hasNext());
    assertEquals(1, watch.await().getRevision());
    assertEquals(1, tokens().size());
  }

  @Test
  void itGoesOnWhereAnotherWatchEnded() {
    server.on("WatchGenerationTask", SUCCEEDED);
    Watch<GenerationTask> watch = client.watchTask(NAME, "before");
    assertEquals(3, watch.await().getRevision());
    assertEquals(List.of("before"), tokens());
    assertEquals("token-3", watch.resumeToken());
  }

  @Test
  void aStaleTokenBeginsAnewWithTheFreshOne() {
    server.on("WatchGenerationTask", all(running(900), BROKEN),
        failure(Code.OUT_OF_RANGE, "RESUME_TOKEN_EXPIRED", null, Map.of("resume_token", "fresh")), SUCCEEDED);
    assertEquals(List.of(900L, 3L), revisions(client.watchTask(NAME)));
    assertEquals(List.of("", "token-900", "fresh"), tokens());
  }

  @Test
  void anErrorOfTheGatewayEndsIt() {
    server.on("WatchGenerationTask", failure(Code.NOT_FOUND, "RESOURCE_NOT_FOUND"));
    assertThrows(Errors.ResourceNotFound.class, () -> client.watchTask(NAME).await());
    var failure = assertThrows(Exception.class, () -> client.async().watchTask(NAME).last().get());
    assertInstanceOf(Errors.ResourceNotFound.class, failure.getCause());
  }

  @Test
  void itGivesUpAfterFruitlessTries() {
    server.on("WatchGenerationTask", all(running(1), BROKEN), BROKEN);
    assertThrows(Errors.ConnectionFailed.class, () -> client.watchTask(NAME).await());
    assertEquals(20, tokens().size());
  }

  @Test
  void silenceCountsAsABreak() throws Exception {
    CountDownLatch givenUp = new CountDownLatch(1);
    server.on("WatchGenerationTask", open(givenUp, snapshot(State.STATE_RUNNING, 1)), SUCCEEDED);
    assertEquals(3, connect(options().idleTimeout(Duration.ofMillis(200))).watchTask(NAME).await().getRevision());
    assertReached(givenUp);
  }

  @Test
  void itsTimeLimitEndsIt() {
    server.on("WatchGenerationTask", open(new CountDownLatch(1), snapshot(State.STATE_RUNNING, 1)));
    GatewayClient limited = client.withTimeout(Duration.ofMillis(300));
    assertThrows(Errors.DeadlineExceeded.class, () -> limited.watchTask(NAME).await());
  }

  @Test
  void anAssetIsWatchedLikewise() {
    Asset asset = Asset.newBuilder().setState(Asset.State.STATE_ACTIVE).setRevision(1).build();
    server.on("WatchAsset", BROKEN, answer(WatchAssetResponse.newBuilder().setAsset(asset).build()));
    assertEquals(asset, client.watchAsset("assets/1").await());
  }

  @Test
  void toLeaveItEndsTheCall() throws Exception {
    CountDownLatch givenUp = new CountDownLatch(1);
    server.on("WatchGenerationTask", open(givenUp, snapshot(State.STATE_RUNNING, 1)));
    try (Watch<GenerationTask> watch = client.watchTask(NAME)) {
      assertEquals(1, watch.iterator().next().getRevision());
    }
    assertReached(givenUp);
  }

  @Test
  void anotherThreadClosesIt() throws Exception {
    CountDownLatch givenUp = new CountDownLatch(1);
    server.on("WatchGenerationTask", open(givenUp, snapshot(State.STATE_RUNNING, 1)));
    Watch<GenerationTask> watch = client.watchTask(NAME);
    watch.iterator().next();
    var reading = CompletableFuture.supplyAsync(() -> watch.iterator().hasNext());
    watch.close();
    assertFalse(reading.get(30, TimeUnit.SECONDS));
    assertThrows(Errors.Cancelled.class, watch::await);
    assertReached(givenUp);
  }

  @Test
  void aFutureOfTheEndThatIsCancelledEndsTheCall() throws Exception {
    CountDownLatch givenUp = new CountDownLatch(1);
    CountDownLatch begun = new CountDownLatch(1);
    server.on("WatchGenerationTask", all(exchange -> begun.countDown(), open(givenUp)));
    CompletableFuture<GenerationTask> last = client.async().watchTask(NAME).last();
    assertReached(begun);
    last.cancel(true);
    assertReached(givenUp);
  }

  @Test
  void asAPublisherItSendsWhatIsAskedForToOneSubscriber() throws Exception {
    server.on("WatchGenerationTask", all(running(1), running(2), SUCCEEDED));
    AsyncWatch<GenerationTask> watch = client.async().watchTask(NAME);
    BlockingReader<GenerationTask> first = new BlockingReader<>(watch);
    assertEquals(1, first.next().getRevision());
    var second = watch.last();
    assertInstanceOf(IllegalStateException.class, assertThrows(Exception.class, second::get).getCause());
    assertEquals(2, first.next().getRevision());
    assertEquals(3, first.next().getRevision());
    assertFalse(first.hasNext());
  }

  @Test
  void aSubscriberThatAsksForNothingIsAnError() throws Exception {
    server.on("WatchGenerationTask", SUCCEEDED);
    CompletableFuture<Throwable> told = new CompletableFuture<>();
    client.async().watchTask(NAME).subscribe(new Flow.Subscriber<>() {
      @Override
      public void onSubscribe(Flow.Subscription subscription) {
        subscription.request(0);
      }

      @Override
      public void onNext(GenerationTask task) {}

      @Override
      public void onError(Throwable error) {
        told.complete(error);
      }

      @Override
      public void onComplete() {}
    });
    assertInstanceOf(IllegalArgumentException.class, told.get(30, TimeUnit.SECONDS));
  }

  private static WatchGenerationTasksResponse.Builder tasks(Object... namesAndRevisions) {
    var message = WatchGenerationTasksResponse.newBuilder();
    for (int i = 0; i < namesAndRevisions.length; i += 2) {
      message.addGenerationTasks(GenerationTask.newBuilder().setName((String) namesAndRevisions[i])
          .setRevision((int) namesAndRevisions[i + 1]));
    }
    return message;
  }

  @Test
  void aMapHoldsWhatTheStreamSaysThroughBreaks() {
    server.on("WatchGenerationTasks",
        all(send(tasks("a", 1, "b", 2).setSynced(true).setResumeToken("t").build()), BROKEN),
        all(send(tasks("a", 3).addRemoved("b").setResumeToken("u").build()), BROKEN), open(new CountDownLatch(1)));
    try (TasksWatch live = client.watchTasks(ALL.toBuilder().putLabels("shot", "12").build())) {
      for (TaskChange change : live) {
        if (live.tasks().size() == 1 && live.tasks().get("a").getRevision() == 3) {
          break;
        }
      }
      assertEquals(Set.of("a"), live.tasks().keySet());
    }
    var sent = server.seen(WatchGenerationTasksRequest.class);
    assertEquals(List.of("", "t"), sent.stream().map(one -> one.getResumeToken()).limit(2).toList());
    assertEquals(Set.of("12"), sent.stream().map(one -> one.getLabelsOrThrow("shot")).collect(Collectors.toSet()));
  }

  @Test
  void aSlowReaderGetsTheNewestChangeOfEachTask() {
    server.on("WatchGenerationTasks", open(new CountDownLatch(1), tasks("a", 1).build(), tasks("a", 2, "b", 3).build(),
        tasks("a", 4).setSynced(true).build()));
    try (TasksWatch live = client.watchTasks(ALL)) {
      live.awaitSynced();
      assertEquals(Set.of("a", "b"), live.tasks().keySet());
      Iterator<TaskChange> changes = live.iterator();
      assertEquals(3, changes.next().task().orElseThrow().getRevision());
      assertEquals(4, changes.next().task().orElseThrow().getRevision());
    }
  }

  @Test
  void theErrorOfAMapReachesItsReader() {
    server.on("WatchGenerationTasks", failure(Code.NOT_FOUND, "RESOURCE_NOT_FOUND"));
    try (TasksWatch live = client.watchTasks(ALL)) {
      assertThrows(Errors.ResourceNotFound.class, live::awaitSynced);
      assertThrows(Errors.ResourceNotFound.class, live.iterator()::hasNext);
    }
  }

  @Test
  void aMapThatIsClosedEndsItsCallAndItsIteration() throws Exception {
    CountDownLatch givenUp = new CountDownLatch(1);
    server.on("WatchGenerationTasks", open(givenUp, tasks("a", 1).setSynced(true).build()));
    TasksWatch live = client.watchTasks(ALL);
    live.awaitSynced();
    live.close();
    assertFalse(live.iterator().hasNext());
    assertReached(givenUp);
    AsyncTasksWatch async = client.async().watchTasks(ALL);
    async.close();
    BlockingReader<TaskChange> reader = new BlockingReader<>(async);
    assertFalse(reader.hasNext());
    assertTrue(async.synced().isCompletedExceptionally());
  }
}
