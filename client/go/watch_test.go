package gateway

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	v1 "seedance.dev/gateway/v1"
)

const (
	running   = v1.GenerationTask_STATE_RUNNING
	succeeded = v1.GenerationTask_STATE_SUCCEEDED
)

var (
	cut    = fail(codes.Unavailable, "")
	watch1 = &v1.WatchGenerationTaskRequest{Name: "generationTasks/1"}
)

func snapshot(state v1.GenerationTask_State, revision int64) *v1.WatchGenerationTaskResponse {
	return &v1.WatchGenerationTaskResponse{GenerationTask: task("generationTasks/1", state, revision),
		ResumeToken: "token-" + string('0'+rune(revision%10))}
}

// stale ends a stream whose token the gateway does not take, with a fresh one.
func stale(fresh string) handler {
	return func(*served) error {
		info := &errdetails.ErrorInfo{Reason: "RESUME_TOKEN_EXPIRED", Metadata: map[string]string{"resume_token": fresh}}
		failure, err := status.New(codes.OutOfRange, "stale").WithDetails(info)
		if err != nil {
			return err
		}
		return failure.Err()
	}
}

// drain ends a stream as a gateway does that shuts down.
func drain(call *served) error {
	call.SetTrailer(metadata.Pairs("resume-token", "trailer"))
	return fail(codes.Unavailable, "DRAINING", after(0))(call)
}

// revisions reads a watch to its end.
func revisions(t *testing.T, watch *Watch[*v1.GenerationTask]) []int64 {
	t.Helper()
	var found []int64
	for task, err := range watch.All() {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, task.Revision)
	}
	return found
}

// tokens of all watches so far.
func tokens(s *server) string {
	var found []string
	for _, request := range requests[*v1.WatchGenerationTaskRequest](s, "WatchGenerationTask") {
		found = append(found, request.ResumeToken)
	}
	return strings.Join(found, ",")
}

func TestAWatchResumesWithTheLastTokenUntilTheEnd(t *testing.T) {
	s, client := pair(t)
	s.on("WatchGenerationTask",
		send(snapshot(running, 1), cut), fail(codes.Internal, ""), fail(codes.Unknown, ""),
		send(snapshot(running, 1), snapshot(running, 2), &v1.WatchGenerationTaskResponse{Heartbeat: true, ResumeToken: "beat"}, handler(drain)),
		send(snapshot(succeeded, 3)))
	found := revisions(t, client.WatchGenerationTask(background(t), watch1))
	equal(t, "revisions", slices.Equal(found, []int64{1, 2, 3}), true)
	// Not that of the trailer: messages before it may have been lost on the way.
	equal(t, "tokens", tokens(s), ",token-1,token-1,token-1,beat")
}

func TestAWatchEndsOnce(t *testing.T) {
	s, client := pair(t)
	s.on("WatchGenerationTask", send(snapshot(succeeded, 1), snapshot(succeeded, 2)))
	watch := client.WatchGenerationTask(background(t), watch1)
	equal(t, "snapshots", len(revisions(t, watch)), 1)
	equal(t, "snapshots of an ended watch", len(revisions(t, watch)), 0)
	last, err := watch.Wait()
	equal(t, "last", last.GetRevision(), 1)
	equal(t, "error", err, nil)
	equal(t, "calls", tokens(s), "")
}

func TestAWatchThatWasLeftGoesOnWhereItStopped(t *testing.T) {
	s, client := pair(t)
	first, ended := open(snapshot(running, 1))
	s.on("WatchGenerationTask", first, send(snapshot(succeeded, 2)))
	watch := client.WatchGenerationTask(background(t), watch1)
	for range watch.All() {
		break
	}
	wait(t, "the end of the call", ended)
	equal(t, "resume token", watch.ResumeToken(), "token-1")
	last, err := watch.Wait()
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "last", last.Revision, 2)
	equal(t, "tokens", tokens(s), ",token-1")
}

func TestAWatchGoesOnWhereAnotherOneEnded(t *testing.T) {
	s, client := pair(t)
	s.on("WatchGenerationTask", send(snapshot(succeeded, 2)))
	request := proto.CloneOf(watch1)
	request.ResumeToken = "before"
	if _, err := client.WatchGenerationTask(background(t), request).Wait(); err != nil {
		t.Fatal(err)
	}
	equal(t, "tokens", tokens(s), "before")
	equal(t, "the caller's request", request.ResumeToken, "before")
}

func TestAStaleTokenBeginsAnewAtOnceWithSmallerRevisions(t *testing.T) {
	s, client := pair(t)
	s.on("WatchGenerationTask", send(snapshot(running, 900), cut), stale("fresh"), send(snapshot(succeeded, 5)))
	found := revisions(t, client.WatchGenerationTask(background(t), watch1))
	equal(t, "revisions", slices.Equal(found, []int64{900, 5}), true)
	equal(t, "tokens", tokens(s), ",token-0,fresh")
}

func TestASecondFreshTokenWithoutAMessageIsAnError(t *testing.T) {
	s, client := pair(t)
	s.on("WatchGenerationTask", stale("fresh"))
	_, err := client.WatchGenerationTask(background(t), watch1).Wait()
	equal(t, "error", errors.Is(err, ErrResumeTokenExpired), true)
	equal(t, "tokens", tokens(s), ",fresh")
}

func TestAWatchMayBeginAnewAgainAfterAMessage(t *testing.T) {
	s, client := pair(t)
	s.on("WatchGenerationTask", stale("fresh"), send(snapshot(running, 1), cut), stale("fresher"), send(snapshot(succeeded, 2)))
	revisions(t, client.WatchGenerationTask(background(t), watch1))
	equal(t, "tokens", tokens(s), ",fresh,token-1,fresher")
}

func TestAStreamThatEndsWellWithoutTheLastMessageBeginsWithTheCurrentState(t *testing.T) {
	s, client := pair(t)
	s.on("WatchGenerationTask", send(), send(snapshot(succeeded, 1)))
	request := proto.CloneOf(watch1)
	request.ResumeToken = "behind the end"
	last, err := client.WatchGenerationTask(background(t), request).Wait()
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "last", last.Revision, 1)
	equal(t, "tokens", tokens(s), "behind the end,")
}

func TestEndsInGoodOrderAreNoFruitlessTries(t *testing.T) {
	s, client := pair(t)
	handlers := slices.Repeat([]handler{drain}, 100)
	s.on("WatchGenerationTask", append(handlers, send(snapshot(succeeded, 1)))...)
	if _, err := client.WatchGenerationTask(background(t), watch1).Wait(); err != nil {
		t.Error(err)
	}
}

func TestAnErrorOfTheGatewayEndsAWatch(t *testing.T) {
	s, client := pair(t)
	s.on("WatchGenerationTask", fail(codes.NotFound, "RESOURCE_NOT_FOUND"))
	_, err := client.WatchGenerationTask(background(t), watch1).Wait()
	equal(t, "error", errors.Is(err, ErrResourceNotFound), true)
}

func TestAWatchGivesUpAfterFruitlessTries(t *testing.T) {
	s, client := pair(t)
	s.on("WatchGenerationTask", send(snapshot(running, 1), cut), cut)
	_, err := client.WatchGenerationTask(background(t), watch1).Wait()
	equal(t, "error", errors.Is(err, ErrConnectionFailed), true)
	equal(t, "calls", strings.Count(tokens(s), ",")+1, 20)
}

func TestSilenceCountsAsABreak(t *testing.T) {
	s := serve(t, nil)
	client := connect(t, s.endpoint, func(o *Options) { o.Timeouts.Idle, o.Retry.StreamAttempts = 200*time.Millisecond, 2 })
	silent, ended := open(snapshot(running, 1))
	silentToo, endedToo := open(snapshot(running, 2))
	silentAgain, _ := open()
	s.on("WatchGenerationTask", silent, silentToo, silentAgain)
	watch := client.WatchGenerationTask(background(t), watch1)
	_, err := watch.Wait()
	if !errors.Is(err, ErrConnectionFailed) || !strings.Contains(err.Error(), "silent") {
		t.Error(err)
	}
	equal(t, "tokens", tokens(s), ",token-1,token-2")
	wait(t, "the end of the silent call", ended)
	wait(t, "the end of the next one", endedToo)
}

func TestAReaderThatTakesItsTimeIsNoSilence(t *testing.T) {
	s := serve(t, nil)
	client := connect(t, s.endpoint, func(o *Options) { o.Timeouts.Idle = 100 * time.Millisecond })
	taken := make(chan struct{})
	s.on("WatchGenerationTask", send(snapshot(running, 1), handler(func(*served) error {
		<-taken
		return nil
	}), snapshot(succeeded, 2)))
	for task, err := range client.WatchGenerationTask(background(t), watch1).All() {
		if err != nil {
			t.Fatal(err)
		}
		if task.Revision == 1 {
			<-time.After(300 * time.Millisecond)
			close(taken)
		}
	}
	equal(t, "tokens", tokens(s), "")
}

func TestTheContextEndsAWatch(t *testing.T) {
	for what, limit := range map[error]func(context.Context) (context.Context, context.CancelFunc){
		context.DeadlineExceeded: func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 200*time.Millisecond)
		},
		context.Canceled: context.WithCancel,
	} {
		s, client := pair(t)
		hangs, ended := open(snapshot(running, 1))
		s.on("WatchGenerationTask", hangs)
		ctx, cancel := limit(background(t))
		var found []error
		for _, err := range client.WatchGenerationTask(ctx, watch1).All() {
			if found = append(found, err); what == context.Canceled {
				cancel()
			}
		}
		cancel()
		if len(found) != 2 || found[0] != nil || !errors.Is(found[1], what) {
			t.Errorf("%v: %v", what, found)
		}
		wait(t, "the end of the call", ended)
	}
}

func TestAnAssetIsWatchedLikewise(t *testing.T) {
	s, client := pair(t)
	asset := &v1.Asset{Name: "assets/1", State: v1.Asset_STATE_ACTIVE, Revision: 1}
	s.on("WatchAsset", cut, send(&v1.WatchAssetResponse{Asset: asset}))
	found, err := client.WatchAsset(background(t), &v1.WatchAssetRequest{Name: "assets/1"}).Wait()
	if err != nil || !proto.Equal(found, asset) {
		t.Error(found, err)
	}
}
