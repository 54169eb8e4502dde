package gateway

import (
	"context"
	"iter"

	"google.golang.org/protobuf/proto"

	v1 "seedance.dev/gateway/v1"
)

// Watch is the stream of one task's or asset's snapshots, the terminal one last: each revision once, through restarts of
// the gateway, broken networks and dead peers. Its context ends it; the task goes on. For one goroutine at a time.
type Watch[R Resource] struct {
	resumption
	run      func() error
	deliver  func(R) bool
	revision int64
	last     R
	complete bool
}

// All gives the snapshots. An error is the last item: an *Error of the gateway, or of the context. Ranged over again, it
// goes on where it stopped; after the terminal snapshot it gives nothing.
func (w *Watch[R]) All() iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		w.deliver = func(snapshot R) bool { return yield(snapshot, nil) }
		if err := w.run(); err != nil && err != errLeft {
			var none R
			yield(none, err)
		}
	}
}

// Wait reads to the end and returns the terminal snapshot.
func (w *Watch[R]) Wait() (R, error) {
	for _, err := range w.All() {
		if err != nil {
			return nil, err
		}
	}
	return w.last, nil
}

// ResumeToken tells where another watch of the same resource goes on, also in another process.
func (w *Watch[R]) ResumeToken() string { return w.token }

// WatchGenerationTask follows a task until it ends.
func (c *Client) WatchGenerationTask(ctx context.Context, request *v1.WatchGenerationTaskRequest) *Watch[*v1.GenerationTask] {
	return newWatch(ctx, c, v1.GenerationTaskService_WatchGenerationTask_FullMethodName, request,
		(*v1.WatchGenerationTaskResponse).GetGenerationTask)
}

// WatchAsset follows an asset until it is ACTIVE, FAILED or EXPIRED.
func (c *Client) WatchAsset(ctx context.Context, request *v1.WatchAssetRequest) *Watch[*v1.Asset] {
	return newWatch(ctx, c, v1.AssetService_WatchAsset_FullMethodName, request, (*v1.WatchAssetResponse).GetAsset)
}

// response of a watch.
type response interface {
	proto.Message
	GetResumeToken() string
}

// watching makes a Watch a stream of its responses.
type watching[R Resource, M response] struct {
	*Watch[R]
	asked    proto.Message
	resource func(M) R
}

func newWatch[R Resource, M response](ctx context.Context, c *Client, method string, request interface {
	proto.Message
	GetResumeToken() string
}, resource func(M) R) *Watch[R] {
	watch := &Watch[R]{resumption: resumption{token: request.GetResumeToken()}}
	state := &watching[R, M]{watch, own[proto.Message](request), resource}
	watch.run = func() error { return run(ctx, c, method, state) }
	return watch
}

func (w *watching[R, M]) request() proto.Message {
	set(w.asked, "resume_token", w.token)
	return w.asked
}

func (w *watching[R, M]) message() proto.Message {
	var none M
	return none.ProtoReflect().New().Interface()
}

func (w *watching[R, M]) take(message proto.Message) error {
	w.read(message.(M).GetResumeToken())
	resource := w.resource(message.(M))
	if resource == nil {
		return nil // A heartbeat.
	}
	w.complete = HasEnded(resource)
	if resource.GetRevision() != 0 && resource.GetRevision() <= w.revision {
		return nil
	}
	w.revision, w.last = resource.GetRevision(), resource
	if !w.deliver(resource) {
		return errLeft
	}
	return nil
}

func (w *watching[R, M]) done() bool { return w.complete }

func (w *watching[R, M]) ended(failure *Error, tries *attempts) *Error {
	if failure == nil {
		// The token was given out behind the terminal state: without one the stream begins with that state.
		w.token = ""
		return broken("the stream ended before the last message")
	}
	if w.resumption.ended(failure, tries) {
		w.revision = 0
		return nil
	}
	return failure
}
