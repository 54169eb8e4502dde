package gateway

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"google.golang.org/grpc"
	"google.golang.org/grpc/peer"

	v1 "seedance.dev/gateway/v1"
)

const chunkBytes = 256 << 10

// UploadOptions are those of one upload.
type UploadOptions struct {
	FileName     string // Tells the type of the media. Default: that of the path, or the asset's display name.
	ReuseContent bool   // Take an asset of the group with the same bytes, where there is one, and pay nothing.
	RequestID    string // Default: a new one.
	// Progress is told of each chunk: bytes sent so far (0 again when a try begins), and in all (0: unknown).
	Progress func(done, total int64)
}

// UploadFile uploads a file as UploadAsset does. An *os.PathError says why it cannot be read. options may be nil.
func (c *Client) UploadFile(ctx context.Context, path string, asset *v1.Asset, options *UploadOptions) (*v1.Asset, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var own UploadOptions
	if options != nil {
		own = *options
	}
	if own.FileName == "" {
		own.FileName = filepath.Base(path)
	}
	return c.UploadAsset(ctx, file, asset, &own)
}

// UploadAsset uploads source from where it stands to its end, and reads on only as fast as the gateway takes it, not at all
// once it is refused. A try that broke off is repeated from the beginning where source is an io.Seeker that can. What
// source fails with is returned, and nothing is created. It must not block for long in Read: nothing can end that.
// options may be nil.
func (c *Client) UploadAsset(ctx context.Context, source io.Reader, asset *v1.Asset, options *UploadOptions) (*v1.Asset, error) {
	upload := upload{client: c, source: source, begin: -1}
	if options != nil {
		upload.options = *options
	}
	if seeker, ok := source.(io.Seeker); ok {
		if err := upload.measure(seeker); err != nil {
			return nil, err
		}
	}
	name, requestID := upload.options.FileName, upload.options.RequestID
	if name == "" {
		name = asset.GetDisplayName()
	}
	if requestID == "" {
		requestID = NewRequestID()
	}
	upload.metadata = &v1.UploadAssetRequest_Metadata{Asset: asset, FileName: name, SizeBytes: upload.total,
		RequestId: requestID, ReuseContent: upload.options.ReuseContent}
	return upload.run(ctx)
}

type upload struct {
	client   *Client
	options  UploadOptions
	source   io.Reader
	begin    int64 // Offset in source; -1: it cannot seek.
	total    int64
	wasRead  bool
	metadata *v1.UploadAssetRequest_Metadata
}

func (u *upload) measure(seeker io.Seeker) error {
	begin, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil // A pipe: it is read once.
	}
	end, err := seeker.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	u.begin, u.total = begin, end-begin
	_, err = seeker.Seek(begin, io.SeekStart)
	return err
}

func (u *upload) run(ctx context.Context) (*v1.Asset, error) {
	ctx, cancel := limited(ctx, u.client.options.Timeouts.Upload)
	defer cancel() // A stream that is cut creates nothing; one that ends short might.
	tries := newAttempts(u.client, v1.AssetService_UploadAsset_FullMethodName)
	for {
		asset, err := u.send(ctx)
		failure, ok := err.(*Error)
		if !ok || u.wasRead && u.begin < 0 {
			return asset, err
		}
		if err := tries.pause(ctx, failure); err != nil {
			return nil, err
		}
		if u.wasRead {
			if _, err := u.source.(io.Seeker).Seek(u.begin, io.SeekStart); err != nil {
				return nil, err
			}
		}
	}
}

// send is one try. An error that is no *Error is final.
func (u *upload) send(ctx context.Context) (*v1.Asset, error) {
	outgoing, err := u.client.outgoing(ctx)
	if err != nil {
		return nil, err
	}
	var server peer.Peer
	call, err := u.client.connection.NewStream(
		outgoing, &grpc.StreamDesc{ClientStreams: true}, v1.AssetService_UploadAsset_FullMethodName, grpc.Peer(&server))
	if err == nil {
		err = call.SendMsg(&v1.UploadAssetRequest{Payload: &v1.UploadAssetRequest_Metadata_{Metadata: u.metadata}})
	}
	if err == nil {
		var final error
		if final, err = u.sendChunks(call); final != nil {
			return nil, final
		}
	}
	asset := &v1.Asset{}
	if err == nil || call != nil && errors.Is(err, io.EOF) { // EOF of a send: the gateway has answered.
		err = call.RecvMsg(asset)
	}
	if err != nil {
		return nil, fromCall(err, &server, u.metadata.GetRequestId())
	}
	return asset, nil
}

// sendChunks sends everything. Returns the error of the source, or that of the call.
func (u *upload) sendChunks(call grpc.ClientStream) (final, err error) {
	var done int64
	u.report(done)
	for {
		chunk := make([]byte, chunkBytes) // Observers of gRPC may keep the message.
		count, readErr := u.source.Read(chunk)
		u.wasRead = true
		if count > 0 {
			payload := &v1.UploadAssetRequest_Chunk{Chunk: chunk[:count]}
			if err := call.SendMsg(&v1.UploadAssetRequest{Payload: payload}); err != nil {
				return nil, err
			}
			done += int64(count)
			u.report(done)
		}
		switch {
		case readErr == io.EOF:
			return nil, call.CloseSend()
		case readErr != nil:
			return readErr, nil
		}
	}
}

func (u *upload) report(done int64) {
	if u.options.Progress != nil {
		u.options.Progress(done, u.total)
	}
}
