package gateway

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/durationpb"

	v1 "seedance.dev/gateway/v1"
)

// patience bounds every wait of a test for something that has to happen.
const patience = 30 * time.Second

// A handler answers one call.
type handler func(*served) error

// served is a call at the server.
type served struct {
	grpc.ServerStream
	method  string
	request proto.Message // nil: a stream of requests.
	header  metadata.MD
}

// server is a real gRPC server that answers as its test has scripted: script[method] has a handler for each call of the
// method, the last of which stays.
type server struct {
	endpoint string
	mutex    sync.Mutex
	script   map[string][]handler
	calls    []*served
}

// serve starts a server, on a free port of 127.0.0.1 without a listener.
func serve(t *testing.T, listener net.Listener, options ...grpc.ServerOption) *server {
	t.Helper()
	if listener == nil {
		var err error
		if listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
	}
	s := &server{endpoint: listener.Addr().String(), script: map[string][]handler{}}
	g := grpc.NewServer(append(options, grpc.UnknownServiceHandler(s.handle))...)
	go g.Serve(listener)
	t.Cleanup(g.Stop)
	return s
}

func (s *server) handle(_ any, stream grpc.ServerStream) error {
	full, _ := grpc.MethodFromServerStream(stream)
	call := &served{ServerStream: stream, method: path.Base(full)}
	call.header, _ = metadata.FromIncomingContext(stream.Context())
	name := strings.ReplaceAll(strings.TrimPrefix(full, "/"), "/", ".")
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return err
	}
	if method := found.(protoreflect.MethodDescriptor); !method.IsStreamingClient() {
		kind, err := protoregistry.GlobalTypes.FindMessageByName(method.Input().FullName())
		if err != nil {
			return err
		}
		call.request = kind.New().Interface()
		if err := stream.RecvMsg(call.request); err != nil {
			return err
		}
	}
	return s.next(call)(call)
}

func (s *server) next(call *served) handler {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.calls = append(s.calls, call)
	handlers := s.script[call.method]
	switch len(handlers) {
	case 0:
		return fail(codes.Unimplemented, "")
	case 1:
	default:
		s.script[call.method] = handlers[1:]
	}
	return handlers[0]
}

func (s *server) on(method string, handlers ...handler) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.script[method] = handlers
}

// requests of a method so far.
func requests[M proto.Message](s *server, method string) []M {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var found []M
	for _, call := range s.calls {
		if call.method == method {
			found = append(found, call.request.(M))
		}
	}
	return found
}

// headers of all calls so far, of one key.
func (s *server) headers(key string) []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var found []string
	for _, call := range s.calls {
		found = append(found, strings.Join(call.header.Get(key), "|"))
	}
	return found
}

// send answers with messages; a handler among them acts, and an error of it ends the call.
func send(parts ...any) handler {
	return func(call *served) error {
		for _, part := range parts {
			var err error
			if act, ok := part.(handler); ok {
				err = act(call)
			} else {
				err = call.SendMsg(part)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// fail ends a call with an error; without a reason as something on the way would do it.
func fail(code codes.Code, reason string, details ...protoadapt.MessageV1) handler {
	return func(*served) error {
		failure := status.New(code, "it failed")
		if reason != "" {
			info := &errdetails.ErrorInfo{Reason: reason, Domain: "seedance-gateway"}
			failure, _ = failure.WithDetails(append([]protoadapt.MessageV1{info}, details...)...)
		}
		return failure.Err()
	}
}

func after(delay time.Duration) *errdetails.RetryInfo {
	return &errdetails.RetryInfo{RetryDelay: durationpb.New(delay)}
}

var unavailable = fail(codes.Unavailable, "STORE_UNAVAILABLE")

// open sends messages, and then nothing until its call ends, which closes ended.
func open(parts ...any) (act handler, ended chan struct{}) {
	ended = make(chan struct{})
	return func(call *served) error {
		defer close(ended)
		if err := send(parts...)(call); err != nil {
			return err
		}
		<-call.Context().Done()
		return call.Context().Err()
	}, ended
}

func wait(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatalf("%s: not within %v", what, patience)
	}
}

// connect makes a client that repeats at once.
func connect(t *testing.T, endpoint string, change func(*Options)) *Client {
	t.Helper()
	options := &Options{Retry: RetryPolicy{Initial: 1, Maximum: 1}, Logger: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(options)
	}
	client, err := New(endpoint, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

// pair is a server and a client of it.
func pair(t *testing.T) (*server, *Client) {
	t.Helper()
	s := serve(t, nil)
	return s, connect(t, s.endpoint, nil)
}

func background(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	t.Cleanup(cancel)
	return ctx
}

// reserved is a port that nobody listens on, and that nobody else gets; listen makes a listener of it.
func reserved(t *testing.T) (endpoint string, listen func() net.Listener) {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	address, err := syscall.Getsockname(socket)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(socket), "reserved port")
	t.Cleanup(func() { file.Close() })
	endpoint = (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: address.(*syscall.SockaddrInet4).Port}).String()
	return endpoint, func() net.Listener {
		if err := syscall.Listen(socket, 16); err != nil {
			t.Error(err)
		}
		listener, err := net.FileListener(file)
		if err != nil {
			t.Error(err)
		}
		return listener
	}
}

func task(name string, state v1.GenerationTask_State, revision int64) *v1.GenerationTask {
	return &v1.GenerationTask{Name: name, State: state, Revision: revision}
}

func equal[T comparable](t *testing.T, what string, found, wanted T) {
	t.Helper()
	if found != wanted {
		t.Errorf("%s: %v, not %v", what, found, wanted)
	}
}
