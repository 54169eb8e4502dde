package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// longestWait is that for a connection: a gateway that is back is soon seen.
const longestWait = 2 * time.Second

// attempts are the tries of one call, or of one stream over many calls.
type attempts struct {
	client     *Client
	method     string
	repeat     bool // Else only what was never sent is repeated.
	chance     func() float64
	failures   int
	progressed bool
	awaySince  time.Time // Since when there has been no connection; zero: there is one.
	refusals   int
}

func newAttempts(client *Client, method string) *attempts {
	return &attempts{client: client, method: strings.TrimPrefix(method, "/seedance.gateway.v1."), repeat: true, chance: rand.Float64}
}

// progress is called when a stream moved on, or ended in good order: later failures count anew, and more are borne.
func (a *attempts) progress() {
	a.failures, a.progressed, a.awaySince = 0, true, time.Time{}
}

// pause waits after a failed try until the next one. Returns why there is none: the failure, or a plainer error.
func (a *attempts) pause(ctx context.Context, failure *Error) error {
	delay, final := a.next(ctx, failure)
	if final != nil {
		return final
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return interrupted(ctx, failure)
	}
}

func (a *attempts) next(ctx context.Context, failure *Error) (time.Duration, *Error) {
	switch {
	case ctx.Err() != nil:
		return 0, interrupted(ctx, a.plain(failure))
	case a.client.connection.GetState() == connectivity.Shutdown:
		return 0, failure
	}
	delay, final := a.delay(failure)
	if deadline, ok := ctx.Deadline(); final == nil && ok && delay >= time.Until(deadline) {
		final = a.plain(failure)
	}
	if final == nil {
		a.report(ctx, failure, delay)
	}
	return delay, final
}

func (a *attempts) delay(failure *Error) (time.Duration, *Error) {
	if failure.unsent {
		return a.untilConnected(failure)
	}
	a.awaySince = time.Time{}
	delay := failure.RetryDelay + a.client.options.Retry.wait(a.failures, a.chance())
	a.failures++
	limit := a.client.options.Retry.Attempts
	if a.progressed {
		limit = a.client.options.Retry.StreamAttempts
	}
	if !a.repeat || !failure.repeatable() || a.failures >= limit {
		return 0, failure
	}
	return delay, nil
}

// untilConnected bounds time, and not tries: one that gRPC refuses costs nothing, it connects at a pace of its own.
func (a *attempts) untilConnected(failure *Error) (time.Duration, *Error) {
	if a.awaySince.IsZero() {
		a.awaySince, a.refusals = time.Now(), 0
	}
	bound := a.client.options.Timeouts.Connect
	if a.progressed {
		bound = a.client.options.Timeouts.Outage
	}
	left := bound - time.Since(a.awaySince)
	if left <= 0 {
		return 0, a.plain(failure)
	}
	unit := a.chance()
	delay := a.client.options.Retry.wait(a.refusals, unit)
	a.refusals++
	return min(delay, time.Duration(float64(longestWait)*unit), left), nil
}

// wait is full jitter: unit, of [0, 1), of the longest wait after so many failures in a row.
func (p RetryPolicy) wait(failures int, unit float64) time.Duration {
	return time.Duration(min(float64(p.Initial)*math.Pow(2, float64(failures)), float64(p.Maximum)) * unit)
}

// plain says a failure to connect plainly.
func (a *attempts) plain(failure *Error) *Error {
	if !failure.unsent {
		return failure
	}
	cause := failure.Message
	if at := strings.LastIndex(cause, `desc = "`); at >= 0 {
		cause = strings.TrimSuffix(cause[at+len(`desc = "`):], `"`)
	}
	if strings.Contains(cause, "refused") {
		cause = "connection refused"
	}
	result := *failure
	result.Message = fmt.Sprintf("cannot connect to %s: %s", a.client.endpoint, cause)
	if waited := time.Since(a.awaySince); !a.awaySince.IsZero() && waited >= time.Second/2 {
		result.Message += fmt.Sprintf(" (waited %.0f s)", waited.Seconds())
	}
	return &result
}

// interrupted is the error of a context that ended while a failed call was to be repeated.
func interrupted(ctx context.Context, failure *Error) *Error {
	if failure.cause != nil {
		return failure
	}
	result := fromCall(status.FromContextError(ctx.Err()).Err(), &peer.Peer{}, failure.RequestID)
	result.Message += "; before that, " + failure.name() + ": " + failure.Message
	return result
}

// report logs without texts of the gateway's, which may quote a request.
func (a *attempts) report(ctx context.Context, failure *Error, delay time.Duration) {
	if failure.unsent {
		level := slog.LevelDebug // A process may have thousands of watches: one of them warns.
		now, last := time.Now().UnixNano(), a.client.warned.Load()
		if now-last > int64(30*time.Second) && a.client.warned.CompareAndSwap(last, now) {
			level = slog.LevelWarn
		}
		a.client.log.Log(ctx, level, a.plain(failure).Message+"; waiting for the gateway", "call", a.method)
		return
	}
	a.client.log.InfoContext(ctx, "a call failed and is repeated", "call", a.method, "reason", failure.name(), "delay", delay)
}
