package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	v1 "seedance.dev/gateway/v1"
)

// DownloadOptions are those of one download.
type DownloadOptions struct {
	Part v1.DownloadGenerationResultRequest_Part // Default: the video.
	// Progress is told of each chunk: bytes written so far, and in all (0: unknown).
	Progress func(done, total int64)
}

// DownloadResult is a file as it was written.
type DownloadResult struct {
	SizeBytes   int64
	SHA256      string // Lower-case hex.
	ContentType string // As the vendor says, for example "video/mp4".
}

// DownloadFile writes the file of the task of this name to a path, by way of path.part, which is renamed when it is whole, and
// removed after an error. Else as DownloadGenerationResult; an *os.PathError says why it cannot be written.
func (c *Client) DownloadFile(ctx context.Context, name, path string, options *DownloadOptions) (*DownloadResult, error) {
	part := path + ".part"
	file, err := os.Create(part)
	if err != nil {
		return nil, err
	}
	result, err := c.DownloadGenerationResult(ctx, name, file, options)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(part))
	}
	return result, nil
}

// DownloadGenerationResult writes the file of a task that has succeeded to target. What broke off goes on at the offset reached.
// ErrDataLoss: the bytes are not those of the file. What target fails with is returned. options may be nil.
func (c *Client) DownloadGenerationResult(ctx context.Context, name string, target io.Writer, options *DownloadOptions) (*DownloadResult, error) {
	download := &download{target: target, digest: sha256.New(),
		asked: &v1.DownloadGenerationResultRequest{Name: name, Part: v1.DownloadGenerationResultRequest_PART_VIDEO}}
	if options != nil {
		download.progress = options.Progress
		if options.Part != 0 {
			download.asked.Part = options.Part
		}
	}
	if err := run(ctx, c, v1.GenerationTaskService_DownloadGenerationResult_FullMethodName, download); err != nil {
		return nil, err
	}
	result := &DownloadResult{download.offset, hex.EncodeToString(download.digest.Sum(nil)), download.contentType}
	if download.asked.Part == v1.DownloadGenerationResultRequest_PART_VIDEO {
		task, err := c.GetGenerationTask(ctx, &v1.GetGenerationTaskRequest{Name: name})
		if err != nil {
			return nil, err
		}
		return result, result.check(task.GetResult())
	}
	return result, nil
}

// check compares with what the gateway knows, which may be neither size nor hash.
func (r *DownloadResult) check(known *v1.GenerationTask_Result) error {
	if size := known.GetSizeBytes(); size != 0 && size != r.SizeBytes {
		return dataLoss("%d bytes came, not %d", r.SizeBytes, size)
	}
	if hash := known.GetSha256(); hash != "" && hash != r.SHA256 {
		return dataLoss("bytes with SHA-256 %s came, not %s", r.SHA256, hash)
	}
	return nil
}

func dataLoss(format string, arguments ...any) *Error {
	return newError(ErrDataLoss, codes.DataLoss, format, arguments...)
}

// download is a stream of the bytes of a file, each once and in order.
type download struct {
	asked         *v1.DownloadGenerationResultRequest
	target        io.Writer
	progress      func(done, total int64)
	digest        hash.Hash
	offset, total int64
	contentType   string
	complete      bool
}

func (d *download) request() proto.Message {
	d.asked.Offset = d.offset
	return d.asked
}

func (d *download) message() proto.Message { return &v1.DownloadGenerationResultResponse{} }

func (d *download) take(message proto.Message) error {
	response := message.(*v1.DownloadGenerationResultResponse)
	if total := response.GetTotalSizeBytes(); total != 0 {
		if d.total != 0 && d.total != total {
			return dataLoss("the file changed from %d to %d bytes", d.total, total)
		}
		d.total = total
	}
	if response.GetContentType() != "" {
		d.contentType = response.GetContentType()
	}
	data := response.GetData()
	if d.total != 0 && d.offset+int64(len(data)) > d.total {
		return dataLoss("more bytes came than the announced %d", d.total)
	}
	if len(data) == 0 {
		return nil
	}
	if _, err := d.target.Write(data); err != nil {
		return err
	}
	d.digest.Write(data)
	d.offset += int64(len(data))
	if d.progress != nil {
		d.progress(d.offset, d.total)
	}
	return nil
}

func (d *download) done() bool { return d.complete }

func (d *download) ended(failure *Error, _ *attempts) *Error {
	d.complete = d.total != 0 && d.offset == d.total || d.total == 0 && failure == nil
	if d.complete {
		return nil
	}
	if failure == nil {
		return broken("the stream ended before the last byte")
	}
	return failure
}
