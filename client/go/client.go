// Package gateway is the client of seedance-gateway, which makes videos at several vendors behind one API. Its messages
// are in seedance.dev/gateway/v1.
package gateway

import (
	"context"
	"crypto/rand"
	"fmt"
	"iter"
	"log/slog"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	v1 "seedance.dev/gateway/v1"
)

// Client calls the gateway. Make one for the process and share it: it is safe for several goroutines, and holds one
// connection, which the first call makes.
//
// Each RPC is a method of its name, which the protos document: the unary ones of the generated clients below, and those
// of this package in place of the generated lists and streams. A mutating call gets a random request_id where it has
// none, and keeps it over its tries; the request itself is not changed. The deadline of a context is for all tries
// together. Methods fail with *Error, or with what the options' Token has failed with.
type Client struct {
	v1.AssetGroupServiceClient
	v1.AssetServiceClient
	v1.CreationServiceClient
	v1.GenerationTaskServiceClient
	v1.UpstreamServiceClient

	endpoint   string
	options    Options
	connection *grpc.ClientConn
	log        *slog.Logger
	warned     atomic.Int64 // When the endpoint was last warned of, in Unix nanoseconds.
}

// New makes a client of the gateway at endpoint, host:port. It does not connect. options may be nil.
func New(endpoint string, options *Options) (*Client, error) {
	client := &Client{endpoint: endpoint}
	if options != nil {
		client.options = *options
	}
	client.options = client.options.withDefaults()
	if client.log = client.options.Logger; client.log == nil {
		client.log = slog.Default()
	}
	connection, err := grpc.NewClient(endpoint, append(client.options.dialOptions(), grpc.WithChainUnaryInterceptor(client.call))...)
	if err != nil {
		return nil, err
	}
	client.connection = connection
	client.AssetGroupServiceClient = v1.NewAssetGroupServiceClient(connection)
	client.AssetServiceClient = v1.NewAssetServiceClient(connection)
	client.CreationServiceClient = v1.NewCreationServiceClient(connection)
	client.GenerationTaskServiceClient = v1.NewGenerationTaskServiceClient(connection)
	client.UpstreamServiceClient = v1.NewUpstreamServiceClient(connection)
	return client, nil
}

// Close ends all calls under way.
func (c *Client) Close() error { return c.connection.Close() }

// NewRequestID gives a random UUID. For a create that may have to be repeated later, keep one before the first try.
func NewRequestID() string {
	var id [16]byte
	rand.Read(id[:]) // Never fails.
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// outgoing is the context of one try: with the token, and with the trace of OpenTelemetry if the program has set it up.
func (c *Client) outgoing(ctx context.Context) (context.Context, error) {
	carrier := propagation.MapCarrier{}
	otel.GetTextMapPropagator().Inject(ctx, carrier)
	if c.options.Token != nil {
		token, err := c.options.Token(ctx)
		if err != nil {
			return nil, fmt.Errorf("no token: %w", err)
		}
		carrier["authorization"] = "Bearer " + token
	}
	for key, value := range carrier {
		ctx = metadata.AppendToOutgoingContext(ctx, key, value)
	}
	return ctx, nil
}

// call makes a unary call, with as many tries as it takes. It is an interceptor of the generated clients.
func (c *Client) call(ctx context.Context, method string, request, response any, _ *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	var requestID string
	name, limit, tries := path.Base(method), c.options.Timeouts.Write, newAttempts(c, method)
	asked := own(request.(proto.Message))
	switch {
	case strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "List") || strings.HasPrefix(name, "Count"):
		limit = c.options.Timeouts.Read
	case strings.HasPrefix(name, "Reconcile"):
		tries.repeat = false // After a try that worked, a second one would be told that there is no doubt.
	default:
		requestID, tries.repeat = identify(asked), mayBeRepeated(asked)
	}
	ctx, cancel := limited(ctx, limit)
	defer cancel()
	for {
		outgoing, err := c.outgoing(ctx)
		if err != nil {
			return err
		}
		var server peer.Peer
		if err = invoke(outgoing, method, asked, response, c.connection, append(slices.Clip(options), grpc.Peer(&server))...); err == nil {
			return nil
		}
		if err := tries.pause(ctx, fromCall(err, &server, requestID)); err != nil {
			return err
		}
	}
}

// ListAssetGroups gives the groups of all pages, the newest first. An error is the last item.
func (c *Client) ListAssetGroups(ctx context.Context, request *v1.ListAssetGroupsRequest) iter.Seq2[*v1.AssetGroup, error] {
	return list(ctx, request, c.AssetGroupServiceClient.ListAssetGroups, (*v1.ListAssetGroupsResponse).GetAssetGroups)
}

// ListAssets gives the assets of all pages, the newest first. An error is the last item.
func (c *Client) ListAssets(ctx context.Context, request *v1.ListAssetsRequest) iter.Seq2[*v1.Asset, error] {
	return list(ctx, request, c.AssetServiceClient.ListAssets, (*v1.ListAssetsResponse).GetAssets)
}

// ListGenerationTasks gives the tasks of all pages, the newest first. An error is the last item.
func (c *Client) ListGenerationTasks(ctx context.Context, request *v1.ListGenerationTasksRequest) iter.Seq2[*v1.GenerationTask, error] {
	return list(ctx, request, c.GenerationTaskServiceClient.ListGenerationTasks,
		(*v1.ListGenerationTasksResponse).GetGenerationTasks)
}

// ListCreationsInDoubt gives the creations of groups and assets that are in doubt, of all pages, the newest first.
func (c *Client) ListCreationsInDoubt(ctx context.Context, request *v1.ListCreationsInDoubtRequest) iter.Seq2[*v1.Creation, error] {
	return list(ctx, request, c.CreationServiceClient.ListCreationsInDoubt, (*v1.ListCreationsInDoubtResponse).GetCreations)
}

func list[Request proto.Message, Item any, Response interface{ GetNextPageToken() string }](
	ctx context.Context, request Request, next func(context.Context, Request, ...grpc.CallOption) (Response, error),
	items func(Response) []Item) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		request := own(request)
		for {
			page, err := next(ctx, request)
			if err != nil {
				var none Item
				yield(none, err)
				return
			}
			for _, item := range items(page) {
				if !yield(item, nil) {
					return
				}
			}
			if page.GetNextPageToken() == "" {
				return
			}
			set(request, "page_token", page.GetNextPageToken())
		}
	}
}

// limited gives a context without a deadline one.
func limited(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok || limit < 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, limit)
}

// own is a copy of a request, of a nil one too.
func own[M proto.Message](request M) M {
	copied := request.ProtoReflect().New().Interface()
	proto.Merge(copied, request)
	return copied.(M)
}

func field(request proto.Message, name protoreflect.Name) protoreflect.FieldDescriptor {
	return request.ProtoReflect().Descriptor().Fields().ByName(name)
}

func set(request proto.Message, name protoreflect.Name, value string) {
	request.ProtoReflect().Set(field(request, name), protoreflect.ValueOfString(value))
}

// identify gives a request, and each one in a batch, a request_id if it has none. Returns that of the request.
func identify(request proto.Message) string {
	if batch := field(request, "requests"); batch != nil {
		requests := request.ProtoReflect().Get(batch).List()
		for index := range requests.Len() {
			identify(requests.Get(index).Message().Interface())
		}
	}
	id := field(request, "request_id")
	if id == nil {
		return ""
	}
	if !request.ProtoReflect().Has(id) {
		set(request, "request_id", NewRequestID())
	}
	return request.ProtoReflect().Get(id).String()
}

// mayBeRepeated is false for a delete without allow_missing: NOT_FOUND of a second try would hide that one worked.
func mayBeRepeated(request proto.Message) bool {
	missing := field(request, "allow_missing")
	return missing == nil || request.ProtoReflect().Get(missing).Bool()
}
