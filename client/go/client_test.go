package gateway

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/emptypb"

	v1 "seedance.dev/gateway/v1"
)

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func creation(prompt, requestID string) *v1.CreateGenerationTaskRequest {
	return &v1.CreateGenerationTaskRequest{GenerationTask: &v1.GenerationTask{Prompt: prompt}, RequestId: requestID}
}

func asked(name string) *v1.GetGenerationTaskRequest { return &v1.GetGenerationTaskRequest{Name: name} }

// requestIDs of all creates of tasks so far.
func requestIDs(s *server) []string {
	var ids []string
	for _, request := range requests[*v1.CreateGenerationTaskRequest](s, "CreateGenerationTask") {
		ids = append(ids, request.RequestId)
	}
	return ids
}

func TestACreateKeepsItsNewRequestIDOverRetries(t *testing.T) {
	s, client := pair(t)
	s.on("CreateGenerationTask", unavailable, unavailable, send(task("generationTasks/1", 0, 0)))
	request := creation("a cat", "")
	created, err := client.CreateGenerationTask(background(t), request)
	if err != nil {
		t.Fatal(err)
	}
	ids := requestIDs(s)
	equal(t, "name", created.Name, "generationTasks/1")
	equal(t, "tries", len(ids), 3)
	equal(t, "ids", len(slices.Compact(slices.Clone(ids))), 1)
	equal(t, "a UUID", uuid.MatchString(ids[0]), true)
	equal(t, "the caller's request", request.RequestId, "")
}

func TestEachCreateHasARequestIDOfItsOwnOrThatOfTheCaller(t *testing.T) {
	s, client := pair(t)
	s.on("CreateGenerationTask", send(task("x", 0, 0)))
	for _, id := range []string{"", "", "mine"} {
		if _, err := client.CreateGenerationTask(background(t), creation("a cat", id)); err != nil {
			t.Fatal(err)
		}
	}
	ids := requestIDs(s)
	if ids[0] == ids[1] || ids[2] != "mine" {
		t.Error(ids)
	}
}

func TestEachCreateOfABatchHasARequestIDOfItsOwn(t *testing.T) {
	s, client := pair(t)
	s.on("BatchCreateAssets", send(&v1.BatchCreateAssetsResponse{}))
	_, err := client.BatchCreateAssets(background(t), &v1.BatchCreateAssetsRequest{
		Requests: []*v1.CreateAssetRequest{{}, {RequestId: "x"}}})
	if err != nil {
		t.Fatal(err)
	}
	batch := requests[*v1.BatchCreateAssetsRequest](s, "BatchCreateAssets")[0].Requests
	equal(t, "a UUID", uuid.MatchString(batch[0].RequestId), true)
	equal(t, "the caller's", batch[1].RequestId, "x")
}

func TestAReconciliationInventsNoRequestIDAndIsNotRepeated(t *testing.T) {
	s, client := pair(t)
	s.on("ReconcileCreation", unavailable)
	_, err := client.ReconcileCreation(background(t), &v1.ReconcileCreationRequest{})
	equal(t, "error", errors.Is(err, ErrStoreUnavailable), true)
	made := requests[*v1.ReconcileCreationRequest](s, "ReconcileCreation")
	equal(t, "calls", len(made), 1)
	equal(t, "request_id", made[0].RequestId, "")
}

func TestADeleteIsRepeatedOnlyWithAllowMissing(t *testing.T) {
	for allowed, calls := range map[bool]int{false: 1, true: 5} {
		s, client := pair(t)
		s.on("DeleteAsset", unavailable)
		_, err := client.DeleteAsset(background(t), &v1.DeleteAssetRequest{Name: "assets/1", AllowMissing: allowed})
		equal(t, "error", errors.Is(err, ErrStoreUnavailable), true)
		equal(t, "calls", len(requests[*v1.DeleteAssetRequest](s, "DeleteAsset")), calls)
	}
}

func TestBadInputIsNotRepeated(t *testing.T) {
	s, client := pair(t)
	s.on("CreateGenerationTask", fail(codes.InvalidArgument, "INVALID_INPUT"))
	_, err := client.CreateGenerationTask(background(t), creation("", "mine"))
	var failed *Error
	if !errors.As(err, &failed) || failed.Reason != ErrInvalidInput || failed.RequestID != "mine" {
		t.Error(err)
	}
	equal(t, "calls", len(requestIDs(s)), 1)
}

func TestAnUnknownOutcomeHasTheRequestIDThatIsToBeRepeated(t *testing.T) {
	s, client := pair(t)
	s.on("CreateAssetGroup", fail(codes.Unknown, "OUTCOME_UNKNOWN"))
	_, err := client.CreateAssetGroup(background(t), &v1.CreateAssetGroupRequest{})
	made := requests[*v1.CreateAssetGroupRequest](s, "CreateAssetGroup")
	equal(t, "calls", len(made), 1)
	var failed *Error
	if !errors.As(err, &failed) || !errors.Is(err, ErrOutcomeUnknown) || failed.RequestID != made[0].RequestId {
		t.Error(err)
	}
}

func TestAListGivesTheItemsOfAllPages(t *testing.T) {
	s, client := pair(t)
	page := func(token string, names ...string) handler {
		response := &v1.ListGenerationTasksResponse{NextPageToken: token}
		for _, name := range names {
			response.GenerationTasks = append(response.GenerationTasks, task(name, 0, 0))
		}
		return send(response)
	}
	s.on("ListGenerationTasks", page("more", "1", "2"), unavailable, page("still more"), page("", "3"))
	var names, tokens []string
	for one, err := range client.ListGenerationTasks(background(t), &v1.ListGenerationTasksRequest{PageSize: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, one.Name)
	}
	for _, request := range requests[*v1.ListGenerationTasksRequest](s, "ListGenerationTasks") {
		tokens = append(tokens, request.PageToken)
		equal(t, "page size", request.PageSize, 2)
	}
	equal(t, "names", strings.Join(names, ","), "1,2,3")
	equal(t, "tokens", strings.Join(tokens, ","), ",more,more,still more")
}

func TestTheErrorOfAListIsItsLastItemAndANilRequestAsksForAll(t *testing.T) {
	s, client := pair(t)
	s.on("ListAssets", fail(codes.InvalidArgument, "INVALID_INPUT"))
	var found []error
	for _, err := range client.ListAssets(background(t), nil) {
		found = append(found, err)
	}
	if len(found) != 1 || !errors.Is(found[0], ErrInvalidInput) {
		t.Error(found)
	}
}

func TestEachTryAsksForTheToken(t *testing.T) {
	s := serve(t, nil)
	tokens := []string{"first", "second"}
	client := connect(t, s.endpoint, func(o *Options) {
		o.Token = func(context.Context) (token string, err error) {
			token, tokens = tokens[0], tokens[1:]
			return token, nil
		}
	})
	s.on("GetGenerationTask", unavailable, send(task("x", 0, 0)))
	if _, err := client.GetGenerationTask(background(t), asked("x")); err != nil {
		t.Fatal(err)
	}
	equal(t, "tokens", strings.Join(s.headers("authorization"), ","), "Bearer first,Bearer second")
}

func TestATokenThatCannotBeHadIsTheErrorOfTheCall(t *testing.T) {
	s := serve(t, nil)
	gone := errors.New("the vault is shut")
	client := connect(t, s.endpoint, func(o *Options) {
		o.Token = func(context.Context) (string, error) { return "", gone }
	})
	_, err := client.GetGenerationTask(background(t), asked("x"))
	equal(t, "error", errors.Is(err, gone), true)
	_, err = client.WatchGenerationTask(background(t), &v1.WatchGenerationTaskRequest{Name: "x"}).Wait()
	equal(t, "error of a watch", errors.Is(err, gone), true)
}

func TestTheUserAgentNamesClientAndVersion(t *testing.T) {
	s := serve(t, nil)
	client := connect(t, s.endpoint, func(o *Options) { o.UserAgent = "shop/2" })
	s.on("DeleteAsset", send(&emptypb.Empty{}))
	if _, err := client.DeleteAsset(background(t), &v1.DeleteAssetRequest{}); err != nil {
		t.Fatal(err)
	}
	if agent := s.headers("user-agent")[0]; !regexp.MustCompile(`^shop/2 seedance-gateway-go/[\d.]+ grpc-go/`).MatchString(agent) {
		t.Error(agent)
	}
}

func TestTheContextOfOpenTelemetryIsPassedOn(t *testing.T) {
	otel.SetTextMapPropagator(propagation.TraceContext{})
	defer otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator())
	s, client := pair(t)
	s.on("GetGenerationTask", send(task("x", 0, 0)))
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
	if _, err := client.GetGenerationTask(trace.ContextWithSpanContext(background(t), span), asked("x")); err != nil {
		t.Fatal(err)
	}
	equal(t, "traceparent", s.headers("traceparent")[0], "00-01000000000000000000000000000000-0200000000000000-00")
}

func TestAWaitThatWouldPassTheDeadlineIsNotBegun(t *testing.T) {
	s, client := pair(t)
	s.on("GetGenerationTask", fail(codes.Unavailable, "DRAINING", after(time.Hour)))
	begin := time.Now()
	_, err := client.GetGenerationTask(background(t), asked("x"))
	equal(t, "error", errors.Is(err, ErrDraining), true)
	equal(t, "returned at once", time.Since(begin) < patience, true)
}

func TestACallThatTakesTooLongEnds(t *testing.T) {
	s := serve(t, nil)
	client := connect(t, s.endpoint, func(o *Options) { o.Timeouts.Read = 50 * time.Millisecond })
	hangs, ended := open()
	s.on("GetGenerationTask", hangs)
	_, err := client.GetGenerationTask(context.Background(), asked("x"))
	if !errors.Is(err, ErrDeadlineExceeded) || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	wait(t, "the end of the call", ended)
}

func TestACancelledContextEndsACallAndItsRetries(t *testing.T) {
	s, client := pair(t)
	ctx, cancel := context.WithCancel(background(t))
	s.on("GetGenerationTask", func(*served) error {
		cancel()
		return unavailable(nil)
	})
	_, err := client.GetGenerationTask(ctx, asked("x"))
	if !errors.Is(err, ErrCancelled) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	equal(t, "calls", len(requests[*v1.GetGenerationTaskRequest](s, "GetGenerationTask")), 1)
}

func TestNeitherTokenNorPromptIsLogged(t *testing.T) {
	s := serve(t, nil)
	var log bytes.Buffer
	client := connect(t, s.endpoint, func(o *Options) {
		o.Token = StaticToken("private-token")
		o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	s.on("CreateGenerationTask", unavailable, fail(codes.InvalidArgument, "INVALID_INPUT",
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Description: "private-prompt"}}}))
	if _, err := client.CreateGenerationTask(background(t), creation("private-prompt", "")); !errors.Is(err, ErrInvalidInput) {
		t.Fatal(err)
	}
	equal(t, "logs the reason", strings.Contains(log.String(), "STORE_UNAVAILABLE"), true)
	equal(t, "logs a secret", strings.Contains(log.String(), "private"), false)
}

func TestConnectionRefusedIsSaidPlainly(t *testing.T) {
	endpoint, _ := reserved(t)
	for connectTime, wanted := range map[time.Duration]string{
		-1:                     `cannot connect to [\d.:]+: connection refused$`,
		600 * time.Millisecond: `cannot connect to [\d.:]+: connection refused \(waited 1 s\)$`,
	} {
		client := connect(t, endpoint, func(o *Options) { o.Retry, o.Timeouts.Connect = RetryPolicy{}, connectTime })
		_, err := client.GetGenerationTask(background(t), asked("x"))
		if !errors.Is(err, ErrConnectionFailed) || !regexp.MustCompile(wanted).MatchString(err.Error()) {
			t.Error(err)
		}
	}
}

// starter starts a server with the first warning.
type starter struct {
	slog.Handler
	start func(message string)
}

func (s *starter) Handle(_ context.Context, record slog.Record) error {
	if record.Level == slog.LevelWarn && s.start != nil {
		s.start(record.Message)
		s.start = nil
	}
	return nil
}

func TestACallWaitsForAGatewayThatComes(t *testing.T) {
	endpoint, listen := reserved(t)
	warning := ""
	start := &starter{slog.NewTextHandler(&bytes.Buffer{}, nil), func(message string) {
		warning = message
		serve(t, listen()).on("GetGenerationTask", send(task("it", 0, 0)))
	}}
	client := connect(t, endpoint, func(o *Options) { o.Retry, o.Logger = RetryPolicy{}, slog.New(start) })
	found, err := client.GetGenerationTask(background(t), asked("x"))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "name", found.Name, "it")
	equal(t, "warns of the refusal", strings.Contains(warning, "connection refused"), true)
}

func TestAClosedClientMakesNoFurtherCall(t *testing.T) {
	s, client := pair(t)
	client.Close()
	_, err := client.GetGenerationTask(background(t), asked("x"))
	equal(t, "error", errors.Is(err, ErrCancelled), true)
	equal(t, "calls", len(s.headers("user-agent")), 0)
}

func TestEveryRPCIsAMethodAndListsAndStreamsAreThoseOfThisPackage(t *testing.T) {
	kind := reflect.TypeFor[*Client]()
	for _, file := range []protoreflect.FileDescriptor{
		v1.File_seedance_gateway_v1_asset_group_proto, v1.File_seedance_gateway_v1_asset_proto,
		v1.File_seedance_gateway_v1_creation_proto, v1.File_seedance_gateway_v1_generation_task_proto} {
		for index := range file.Services().Len() {
			methods := file.Services().Get(index).Methods()
			for number := range methods.Len() {
				one := methods.Get(number)
				method, ok := kind.MethodByName(string(one.Name()))
				if !ok {
					t.Errorf("no method %s", one.Name())
					continue
				}
				own := one.IsStreamingClient() || one.IsStreamingServer() || strings.HasPrefix(string(one.Name()), "List")
				// Those of the generated clients take options of gRPC.
				equal(t, string(one.Name())+" is generated", method.Type.IsVariadic(), !own)
			}
		}
	}
}
