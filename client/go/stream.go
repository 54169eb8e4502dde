package gateway

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/protobuf/proto"
)

// stream is what a stream has read so far, and where it goes on after a break.
type stream interface {
	// request is that of the next call.
	request() proto.Message
	// message is an empty one, to be read into.
	message() proto.Message
	// take hands a message to the reader. An error is final.
	take(proto.Message) error
	// done tells that no further message is needed.
	done() bool
	// ended is told of the end of a call, nil: with OK. Returns why there has to be another one; nil: at once, or done.
	ended(*Error, *attempts) *Error
}

// errLeft ends a stream whose reader wants nothing more.
var errLeft = errors.New("the reader has left")

var errSilent = errors.New("the stream was silent for too long")

// run runs a stream over as many calls as it takes.
func run(ctx context.Context, c *Client, method string, s stream) error {
	tries := newAttempts(c, method)
	for !s.done() {
		failure, final := runOnce(ctx, c, method, s, tries)
		if final != nil || s.done() {
			return final
		}
		if again := s.ended(failure, tries); again != nil {
			if err := tries.pause(ctx, again); err != nil {
				return err
			}
		}
	}
	return nil
}

// runOnce makes one call. Returns how it ended, nil: with OK; or an error that ends the stream.
func runOnce(ctx context.Context, c *Client, method string, s stream, tries *attempts) (*Error, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	outgoing, err := c.outgoing(ctx)
	if err != nil {
		return nil, err
	}
	idle := c.options.Timeouts.Idle
	silence := time.AfterFunc(idle, func() { cancel(errSilent) }) // gRPC can only limit a whole stream.
	defer silence.Stop()
	var server peer.Peer
	call, err := c.connection.NewStream(outgoing, &grpc.StreamDesc{ServerStreams: true}, method, grpc.Peer(&server))
	if err == nil {
		err = call.SendMsg(s.request())
	}
	if err == nil {
		err = call.CloseSend()
	}
	for err == nil || call != nil && errors.Is(err, io.EOF) { // EOF of a send: RecvMsg has the status.
		message := s.message()
		silence.Reset(idle)
		if err = call.RecvMsg(message); err != nil {
			break
		}
		silence.Stop()
		tries.progress()
		if final := s.take(message); final != nil || s.done() {
			return nil, final
		}
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil, nil
	case errors.Is(context.Cause(ctx), errSilent):
		return broken(errSilent.Error()), nil
	}
	failure := fromCall(err, &server, "")
	failure.drained = call != nil && len(call.Trailer().Get("resume-token")) > 0
	return failure, nil
}

// resumption is the token of the last message that was read, or the fresh one of OUT_OF_RANGE.
type resumption struct {
	token     string
	refreshed bool // One fresh token without a message between is enough; a second would mean a loop.
}

func (r *resumption) read(token string) {
	if token != "" {
		r.token = token
	}
	r.refreshed = false
}

// ended tells whether the stream starts over at once, so that what comes does not compare with what came before.
func (r *resumption) ended(failure *Error, tries *attempts) (startsOver bool) {
	if fresh := failure.Metadata["resume_token"]; failure.Code == codes.OutOfRange && fresh != "" && !r.refreshed {
		r.token, r.refreshed = fresh, true
		return true
	}
	if failure.Code == codes.Unavailable && failure.drained {
		// The token of the trailer is not taken: it stands behind messages that a proxy may have dropped with the error.
		tries.progress()
	}
	return false
}
