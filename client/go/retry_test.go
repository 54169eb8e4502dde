package gateway

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
)

// These tests run by a clock of their own, without a server.

func tries(t *testing.T, client *Client, unit float64) *attempts {
	t.Helper()
	if client == nil {
		client = connect(t, "gateway:1", func(o *Options) { o.Retry = RetryPolicy{} })
	}
	result := newAttempts(client, "Get")
	result.chance = func() float64 { return unit }
	return result
}

func failure(code codes.Code, delay time.Duration) *Error {
	return &Error{Reason: "R", Code: code, made: true, retryInfo: delay > 0, RetryDelay: delay}
}

func refused() *Error {
	return &Error{Reason: ErrConnectionFailed, Code: codes.Unavailable, unsent: true, RequestID: "id",
		Message: `connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:1: connect: connection refused"`}
}

func TestTheDelayIsThatOfRetryInfoPlusFullJitterThatDoubles(t *testing.T) {
	tries := tries(t, nil, 0.5)
	for _, wanted := range []time.Duration{3100, 3200, 3400, 3800} {
		delay, err := tries.next(context.Background(), failure(codes.Unavailable, 3*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "delay", delay, wanted*time.Millisecond)
	}
}

func TestTheJitterIsBetweenZeroAndTheLongestWait(t *testing.T) {
	policy := Options{}.withDefaults().Retry
	equal(t, "least", policy.wait(0, 0), 0)
	equal(t, "most", policy.wait(5000, 1), 20*time.Second)
}

// bears counts the failures that are followed by another try, and gives the last error.
func bears(tries *attempts, failure func() *Error) (count int, err error) {
	for {
		if _, final := tries.next(context.Background(), failure()); final != nil {
			return count, final
		}
		count++
	}
}

func TestTriesAreBounded(t *testing.T) {
	call, stream := tries(t, nil, 0), tries(t, nil, 0)
	stream.next(context.Background(), failure(codes.Unavailable, 0))
	stream.progress()
	for what, one := range map[*attempts]int{call: 4, stream: 19} {
		count, err := bears(what, func() *Error { return failure(codes.Unavailable, 0) })
		equal(t, "failures borne", count, one)
		equal(t, "error", errors.Is(err, Reason("R")), true)
	}
}

func TestWhatIsRepeated(t *testing.T) {
	for _, one := range []struct {
		failure  *Error
		repeated bool
	}{
		{failure(codes.Unavailable, 0), true},
		{failure(codes.DeadlineExceeded, 0), true},
		{failure(codes.ResourceExhausted, time.Second), true},
		{failure(codes.ResourceExhausted, 0), false},
		{failure(codes.Aborted, time.Second), true},
		{failure(codes.Aborted, 0), false},
		{failure(codes.Canceled, 0), false},
		{failure(codes.Unknown, 0), false},
		{failure(codes.Internal, 0), false},
		{failure(codes.InvalidArgument, 0), false},
		{failure(codes.NotFound, 0), false},
		{failure(codes.FailedPrecondition, 0), false},
		{failure(codes.AlreadyExists, 0), false},
		{failure(codes.Unauthenticated, 0), false},
		{failure(codes.OutOfRange, 0), false},
		{&Error{Code: codes.Unknown}, true}, // Of something on the way, as the next ones.
		{&Error{Code: codes.Internal}, true},
		{&Error{Code: codes.Canceled}, true},
		{&Error{Code: codes.ResourceExhausted}, false},
	} {
		_, err := tries(t, nil, 0).next(context.Background(), one.failure)
		if (err == nil) != one.repeated {
			t.Errorf("%+v: repeated %v", one.failure, !one.repeated)
		}
	}
}

func TestACallThatMustNotBeRepeatedIsWhenItWasNeverSent(t *testing.T) {
	tries := tries(t, nil, 0)
	tries.repeat = false
	if _, err := tries.next(context.Background(), refused()); err != nil {
		t.Error(err)
	}
	if _, err := tries.next(context.Background(), broken("cut")); err == nil {
		t.Error("repeated although it may have been done")
	}
}

func TestAWaitForAConnectionIsBounded(t *testing.T) {
	waits := func(t *testing.T, begun bool, wanted time.Duration, text string) {
		client := connect(t, "gateway:1", func(o *Options) { o.Retry = RetryPolicy{} })
		synctest.Test(t, func(t *testing.T) {
			tries := tries(t, client, 0.5)
			if begun {
				tries.progress()
			}
			begin := time.Now()
			var err error
			for err == nil {
				err = tries.pause(context.Background(), refused())
			}
			equal(t, "waited", time.Since(begin), wanted)
			equal(t, "error", err.Error(), text)
		})
	}
	waits(t, false, 20*time.Second,
		"CONNECTION_FAILED: cannot connect to gateway:1: connection refused (waited 20 s); request_id id")
	waits(t, true, 600*time.Second,
		"CONNECTION_FAILED: cannot connect to gateway:1: connection refused (waited 600 s); request_id id")
}

func TestTheTimeOfAContextBoundsAWait(t *testing.T) {
	client := connect(t, "gateway:1", nil)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if _, err := tries(t, client, 0).next(ctx, failure(codes.Unavailable, 5*time.Second)); err == nil {
			t.Error("it would wait past the deadline")
		}
		<-ctx.Done()
		err := tries(t, client, 0).pause(ctx, broken("cut"))
		if !errors.Is(err, ErrDeadlineExceeded) || !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

func TestACancelledContextEndsAWait(t *testing.T) {
	client := connect(t, "gateway:1", nil)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		time.AfterFunc(time.Second, cancel)
		begin := time.Now()
		err := tries(t, client, 0).pause(ctx, failure(codes.Unavailable, time.Hour))
		equal(t, "error", errors.Is(err, context.Canceled), true)
		equal(t, "waited", time.Since(begin), time.Second)
	})
}

func TestOneWarningTellsOfAGatewayThatIsAway(t *testing.T) {
	var log bytes.Buffer
	client := connect(t, "away:1", func(o *Options) {
		o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	for range 100 {
		tries(t, client, 0).next(context.Background(), refused())
	}
	equal(t, "warnings", strings.Count(log.String(), "level=WARN"), 1)
	equal(t, "details", strings.Count(log.String(), "level=DEBUG"), 99)
}

func TestTenSecondsOfRefusalsAreAtMostTwentyCalls(t *testing.T) {
	client := connect(t, "gateway:1", func(o *Options) { o.Retry = RetryPolicy{} })
	for seed := range uint64(2000) {
		tries := tries(t, client, 0)
		tries.chance = rand.New(rand.NewPCG(seed, 0)).Float64
		tries.progress()
		calls := 0
		for waited := time.Duration(0); waited < 10*time.Second; calls++ {
			delay, err := tries.next(context.Background(), failure(codes.Unavailable, 0))
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			waited += delay
		}
		if calls > 20 {
			t.Errorf("seed %d: %d calls", seed, calls)
		}
	}
}
