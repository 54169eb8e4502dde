package dev.seedance.gateway.client;

import static dev.seedance.gateway.client.ScriptedServer.answer;
import static dev.seedance.gateway.client.ScriptedServer.failure;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.seedance.gateway.client.ScriptedServer.Handler;
import dev.seedance.gateway.v1.AssetGroup;
import dev.seedance.gateway.v1.BatchCreateAssetsRequest;
import dev.seedance.gateway.v1.BatchCreateAssetsResponse;
import dev.seedance.gateway.v1.CountGenerationTasksRequest;
import dev.seedance.gateway.v1.CountGenerationTasksResponse;
import dev.seedance.gateway.v1.CreateAssetGroupRequest;
import dev.seedance.gateway.v1.CreateAssetRequest;
import dev.seedance.gateway.v1.CreateGenerationTaskRequest;
import dev.seedance.gateway.v1.DeleteAssetRequest;
import dev.seedance.gateway.v1.GenerationTask;
import dev.seedance.gateway.v1.ListGenerationTasksRequest;
import dev.seedance.gateway.v1.ListGenerationTasksResponse;
import dev.seedance.gateway.v1.ListModelsRequest;
import dev.seedance.gateway.v1.ListModelsResponse;
import dev.seedance.gateway.v1.ListUpstreamsResponse;
import dev.seedance.gateway.v1.Model;
import dev.seedance.gateway.v1.ReconcileCreationRequest;
import dev.seedance.gateway.v1.ReconcileCreationResponse;
import dev.seedance.gateway.v1.Upstream;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The rules of calls, against a real server in the process. */
class CallsTest extends ServerTest {
  private static final Handler UNAVAILABLE = failure(Code.UNAVAILABLE, "STORE_UNAVAILABLE");

  private List<String> header(String name) {
    var key = Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    return server.metadata.stream().map(one -> one.get(key)).toList();
  }

  private List<String> createIds() {
    return server.seen(CreateGenerationTaskRequest.class).stream().map(one -> one.getRequestId()).toList();
  }

  @Test
  void aCreateKeepsItsNewRequestIdOverRetries() {
    server.on("CreateGenerationTask", UNAVAILABLE, UNAVAILABLE, answer(TASK));
    assertEquals(NAME, client.createTask(GenerationTask.getDefaultInstance()).getName());
    assertEquals(3, createIds().size());
    assertEquals(1, new HashSet<>(createIds()).size());
    assertEquals(createIds().get(0), UUID.fromString(createIds().get(0)).toString());
  }

  @Test
  void twoCreatesHaveTwoRequestIdsAndThatOfTheCallerIsKept() {
    server.on("CreateGenerationTask", answer(TASK));
    client.createTask(TASK);
    client.createTask(TASK);
    client.createTask(CreateGenerationTaskRequest.newBuilder().setRequestId("mine").build());
    assertNotEquals(createIds().get(0), createIds().get(1));
    assertEquals("mine", createIds().get(2));
  }

  @Test
  void eachCreateOfABatchHasARequestIdOfItsOwn() {
    server.on("BatchCreateAssets", answer(BatchCreateAssetsResponse.getDefaultInstance()));
    client.batchCreateAssets(BatchCreateAssetsRequest.newBuilder().addRequests(CreateAssetRequest.newBuilder())
        .addRequests(CreateAssetRequest.newBuilder().setRequestId("x")).build());
    var sent = server.seen(BatchCreateAssetsRequest.class).get(0).getRequestsList();
    assertEquals(36, sent.get(0).getRequestId().length());
    assertEquals("x", sent.get(1).getRequestId());
  }

  @Test
  void aReconciliationIsNotRepeated() {
    server.on("ReconcileCreation", UNAVAILABLE, answer(ReconcileCreationResponse.getDefaultInstance()));
    var request = ReconcileCreationRequest.newBuilder().setRequestId("it").build();
    assertThrows(Errors.StoreUnavailable.class, () -> client.reconcileCreation(request));
    assertEquals(List.of(request), server.seen(ReconcileCreationRequest.class));
  }

  @Test
  void upstreamsAndModelsAreListedAndTasksCounted() {
    server.on("ListUpstreams", UNAVAILABLE, answer(ListUpstreamsResponse.newBuilder()
        .addUpstreams(Upstream.newBuilder().setUpstream("anyfast")).build()));
    server.on("ListModels", answer(
        ListModelsResponse.newBuilder().addModels(Model.newBuilder().setModel("seedance")).build()));
    server.on("CountGenerationTasks", answer(CountGenerationTasksResponse.newBuilder()
        .addCounts(CountGenerationTasksResponse.Count.newBuilder().setTasks(7)).build()));
    assertEquals("anyfast", client.listUpstreams().getUpstreams(0).getUpstream());
    assertEquals("seedance", client.listModels("anyfast").getModels(0).getModel());
    var request = CountGenerationTasksRequest.newBuilder().setUpstream("anyfast").build();
    assertEquals(7, client.countTasks(request).getCounts(0).getTasks());
    assertEquals("anyfast", server.seen(ListModelsRequest.class).get(0).getUpstream());
    assertEquals(List.of(request), server.seen(CountGenerationTasksRequest.class));
  }

  @Test
  void aDeleteIsRepeatedOnlyWithAllowMissing() {
    server.on("DeleteAsset", UNAVAILABLE);
    assertThrows(Errors.StoreUnavailable.class, () -> client.deleteAsset("assets/1"));
    assertEquals(1, server.seen(DeleteAssetRequest.class).size());
    var request = DeleteAssetRequest.newBuilder().setAllowMissing(true).build();
    assertThrows(Errors.StoreUnavailable.class, () -> client.deleteAsset(request));
    assertEquals(6, server.seen(DeleteAssetRequest.class).size());
  }

  @Test
  void badInputIsNotRepeatedAndHasTheRequestId() {
    server.on("CreateGenerationTask", failure(Code.INVALID_ARGUMENT, "INVALID_INPUT"));
    GatewayException error = assertThrows(Errors.InvalidInput.class, () -> client.createTask(TASK));
    assertEquals(createIds(), List.of(error.requestId()));
    assertEquals(Code.INVALID_ARGUMENT, error.code().orElseThrow());
  }

  @Test
  void anUnknownOutcomeHasTheRequestIdThatIsToBeRepeated() {
    server.on("CreateAssetGroup", failure(Code.UNKNOWN, "OUTCOME_UNKNOWN"));
    var group = AssetGroup.getDefaultInstance();
    GatewayException error = assertThrows(Errors.OutcomeUnknown.class, () -> client.createGroup(group));
    assertEquals(error.requestId(), server.seen(CreateAssetGroupRequest.class).get(0).getRequestId());
  }

  @Test
  void aListGivesTheItemsOfAllPages() {
    var named = List.of("1", "2", "3").stream().map(name -> TASK.toBuilder().setName(name).build()).toList();
    var page = ListGenerationTasksResponse.newBuilder();
    server.on("ListGenerationTasks",
        answer(page.clone().addAllGenerationTasks(named.subList(0, 2)).setNextPageToken("more").build()), UNAVAILABLE,
        answer(page.clone().setNextPageToken("still more").build()),
        answer(page.addGenerationTasks(named.get(2)).build()));
    List<GenerationTask> found = new ArrayList<>();
    client.listTasks(ListGenerationTasksRequest.newBuilder().setPageSize(2).build()).forEach(found::add);
    assertEquals(named, found);
    var sent = server.seen(ListGenerationTasksRequest.class);
    assertEquals(List.of("", "more", "more", "still more"), sent.stream().map(one -> one.getPageToken()).toList());
    assertTrue(sent.stream().allMatch(one -> one.getPageSize() == 2));
  }

  @Test
  void aListEndsWithTheErrorOfAPage() {
    server.on("ListGenerationTasks", failure(Code.INVALID_ARGUMENT, "INVALID_INPUT"));
    Iterator<GenerationTask> tasks = client.listTasks(ListGenerationTasksRequest.getDefaultInstance()).iterator();
    assertThrows(Errors.InvalidInput.class, tasks::hasNext);
  }

  @Test
  void eachTryAsksForTheToken() {
    server.on("GetGenerationTask", UNAVAILABLE, answer(TASK));
    Iterator<String> tokens = List.of("first", "second").iterator();
    connect(options().token(tokens::next)).getTask(NAME);
    assertEquals(List.of("Bearer first", "Bearer second"), header("authorization"));
  }

  @Test
  void aTokenFunctionThatFailsEndsTheCallWithItsError() {
    GatewayClient failing = connect(options().token(() -> {
      throw new IllegalStateException("the vault is sealed");
    }));
    GatewayException error = assertThrows(Errors.Unauthenticated.class, () -> failing.getTask(NAME));
    assertEquals("the vault is sealed", error.getCause().getMessage());
  }

  @Test
  void theUserAgentHasTheVersion() {
    connect(options().userAgent("shop/2")).deleteAsset("assets/1");
    assertTrue(header("user-agent").get(0).matches("shop/2 seedance-gateway-java/\\d[^ $]* grpc-java.*"),
        header("user-agent").get(0));
  }

  @Test
  void theContextOfOpenTelemetryIsPassedOn() {
    var span = SpanContext.create("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", TraceFlags.getSampled(),
        TraceState.getDefault());
    server.on("GetGenerationTask", UNAVAILABLE, answer(TASK));
    try (var scope = Span.wrap(span).makeCurrent()) {
      client.getTask(NAME);
    }
    String parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    assertEquals(List.of(parent, parent), header("traceparent"));
  }

  @Test
  void theTimeLimitIsForAllTries() {
    server.on("GetGenerationTask", failure(Code.UNAVAILABLE, "DRAINING", 120_000L, Map.of()));
    GatewayClient limited = client.withTimeout(Duration.ofSeconds(100)); // The test itself has 60 s.
    assertThrows(Errors.Draining.class, () -> limited.getTask(NAME));
  }

  @Test
  void aCallThatTakesTooLongEnds() {
    server.on("GetGenerationTask", ScriptedServer.open(new CountDownLatch(1)));
    GatewayClient limited = client.withTimeout(Duration.ofMillis(50));
    assertThrows(Errors.DeadlineExceeded.class, () -> limited.getTask(NAME));
  }

  @Test
  void neitherTokenNorPromptIsLogged() {
    server.on("CreateGenerationTask", UNAVAILABLE, failure(Code.INVALID_ARGUMENT, "INVALID_INPUT"));
    GatewayClient secret = connect(options().token("private-token"));
    var task = GenerationTask.newBuilder().setPrompt("private-prompt").build();
    try (Logged logged = new Logged()) {
      assertThrows(Errors.InvalidInput.class, () -> secret.createTask(task));
      assertTrue(logged.text().contains("STORE_UNAVAILABLE"));
      assertFalse(logged.text().contains("private"));
    }
  }

  @Test
  void aFutureThatIsCancelledEndsItsCall() throws Exception {
    CountDownLatch givenUp = new CountDownLatch(1);
    CountDownLatch begun = new CountDownLatch(1);
    server.on("GetGenerationTask", ScriptedServer.all(exchange -> begun.countDown(), ScriptedServer.open(givenUp)));
    CompletableFuture<GenerationTask> future = client.async().getTask(NAME);
    assertReached(begun);
    future.cancel(true);
    assertReached(givenUp);
  }

  @Test
  void aThreadThatIsInterruptedEndsItsCall() throws Exception {
    CountDownLatch givenUp = new CountDownLatch(1);
    Thread caller = Thread.currentThread();
    server.on("GetGenerationTask", ScriptedServer.all(exchange -> caller.interrupt(), ScriptedServer.open(givenUp)));
    assertThrows(Errors.Cancelled.class, () -> client.getTask(NAME));
    assertTrue(Thread.interrupted());
    assertReached(givenUp);
  }

  @Test
  void aClientThatIsClosedEndsItsCallsAndMakesNoFurtherOnes() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    server.on("GetGenerationTask",
        ScriptedServer.all(exchange -> begun.countDown(), ScriptedServer.open(new CountDownLatch(1))));
    CompletableFuture<GenerationTask> future = client.async().getTask(NAME);
    assertReached(begun);
    client.close();
    assertInstanceOf(Errors.Cancelled.class, assertThrows(ExecutionException.class, future::get).getCause());
    assertThrows(Errors.Cancelled.class, () -> client.getTask(NAME));
  }

  @Test
  void aClientThatIsClosedEndsWhatWaitsForItsNextTry() throws Exception {
    CountDownLatch pausing = new CountDownLatch(1);
    server.on("GetGenerationTask", failure(Code.UNAVAILABLE, "DRAINING", 50_000L, Map.of()));
    try (Logged logged = new Logged(pausing::countDown)) {
      CompletableFuture<GenerationTask> future = client.withTimeout(Duration.ofSeconds(100)).async().getTask(NAME);
      assertReached(pausing);
      client.close();
      ExecutionException error = assertThrows(ExecutionException.class, () -> future.get(30, TimeUnit.SECONDS));
      assertInstanceOf(Errors.Cancelled.class, error.getCause());
      assertTrue(logged.text().contains("DRAINING; again in"), logged.text());
    }
  }

  @Test
  void everyRpcOfTheProtosHasAMethod() throws IOException {
    String source = Files.readString(Path.of("src/main/java/dev/seedance/gateway/client/AsyncGatewayClient.java"));
    List<String> missing = new ArrayList<>();
    ScriptedServer.SERVICES.forEach(service -> service.getMethods().forEach(method -> {
      if (!Pattern.compile("Grpc\\s*\\.get" + method.getBareMethodName() + "Method\\(").matcher(source).find()) {
        missing.add(method.getFullMethodName());
      }
    }));
    assertEquals(List.of(), missing);
  }
}
