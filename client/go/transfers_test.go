package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	v1 "seedance.dev/gateway/v1"
)

var (
	data = bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 1 MiB
	hero = &v1.Asset{AssetGroup: "assetGroups/1", DisplayName: "hero"}
)

// taker takes an upload, or fails after some messages.
type taker struct {
	metadata  *v1.UploadAssetRequest_Metadata
	data      bytes.Buffer
	failAfter int // 0: never.
	failure   handler
}

func (k *taker) take(call *served) error {
	for count := 1; ; count++ {
		request := &v1.UploadAssetRequest{}
		switch err := call.RecvMsg(request); {
		case err == io.EOF:
			return call.SendMsg(&v1.Asset{Name: "assets/1"})
		case err != nil:
			return err
		}
		if request.GetMetadata() != nil {
			k.metadata = request.GetMetadata()
		}
		k.data.Write(request.GetChunk())
		if count == k.failAfter {
			return k.failure(call)
		}
	}
}

func heroFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hero.png")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAPathAndAStreamAreSentWhole(t *testing.T) {
	path := heroFile(t)
	for name, upload := range map[string]func(*Client, *UploadOptions) (*v1.Asset, error){
		"hero.png": func(c *Client, o *UploadOptions) (*v1.Asset, error) {
			return c.UploadFile(background(t), path, hero, o)
		},
		"hero": func(c *Client, o *UploadOptions) (*v1.Asset, error) {
			return c.UploadAsset(background(t), bytes.NewReader(data), hero, o)
		},
	} {
		s, client := pair(t)
		taker := &taker{}
		s.on("UploadAsset", taker.take)
		var steps []string
		asset, err := upload(client, &UploadOptions{ReuseContent: true, Progress: func(done, total int64) {
			steps = append(steps, fmt.Sprint(done, "/", total))
		}})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "asset", asset.Name, "assets/1")
		equal(t, "whole", bytes.Equal(taker.data.Bytes(), data), true)
		equal(t, "file name", taker.metadata.FileName, name)
		equal(t, "size", taker.metadata.SizeBytes, int64(len(data)))
		equal(t, "reuse", taker.metadata.ReuseContent, true)
		equal(t, "a UUID", uuid.MatchString(taker.metadata.RequestId), true)
		equal(t, "progress", strings.Join(steps, ","), "0/1048576,262144/1048576,524288/1048576,786432/1048576,1048576/1048576")
	}
}

func TestATryThatBrokeOffBeginsAnewWithTheSameRequestID(t *testing.T) {
	s, client := pair(t)
	broken, whole := &taker{failAfter: 3, failure: cut}, &taker{}
	s.on("UploadAsset", broken.take, whole.take)
	source := bytes.NewReader(append([]byte("skip"), data...))
	source.Seek(4, io.SeekStart)
	if _, err := client.UploadAsset(background(t), source, hero, nil); err != nil {
		t.Fatal(err)
	}
	equal(t, "whole", bytes.Equal(whole.data.Bytes(), data), true)
	equal(t, "size", whole.metadata.SizeBytes, int64(len(data)))
	equal(t, "request_id", broken.metadata.RequestId, whole.metadata.RequestId)
	equal(t, "first bytes of the first try", broken.data.String()[:4], string(data[:4]))
}

func TestASlowTransferIsRepeatedWhereTheGatewaySaysWhen(t *testing.T) {
	s, client := pair(t)
	slow := &taker{failAfter: 1, failure: fail(codes.Aborted, "TRANSFER_TOO_SLOW", after(time.Millisecond))}
	s.on("UploadAsset", slow.take, (&taker{}).take)
	if _, err := client.UploadAsset(background(t), bytes.NewReader(data), hero, nil); err != nil {
		t.Error(err)
	}
	s.on("UploadAsset", (&taker{failAfter: 1, failure: fail(codes.Aborted, "TRANSFER_TOO_SLOW")}).take)
	_, err := client.UploadAsset(background(t), bytes.NewReader(data), hero, nil)
	equal(t, "error", errors.Is(err, ErrTransferTooSlow), true)
}

func TestAStreamThatCannotSeekIsSentOnce(t *testing.T) {
	s, client := pair(t)
	whole := &taker{}
	s.on("UploadAsset", (&taker{failAfter: 2, failure: cut}).take, whole.take)
	pipe := func() io.Reader { return io.MultiReader(bytes.NewReader(data)) }
	_, err := client.UploadAsset(background(t), pipe(), hero, nil)
	equal(t, "error", errors.Is(err, ErrConnectionFailed), true)
	if _, err := client.UploadAsset(background(t), pipe(), hero, nil); err != nil {
		t.Error(err)
	}
	equal(t, "size", whole.metadata.SizeBytes, 0)
	equal(t, "whole", bytes.Equal(whole.data.Bytes(), data), true)
}

// endless is a stream without an end, which counts what was read.
type endless struct{ count int }

func (e *endless) Read(data []byte) (int, error) {
	e.count += len(data)
	return len(data), nil
}

func TestARefusalEndsTheReading(t *testing.T) {
	s, client := pair(t)
	s.on("UploadAsset", fail(codes.InvalidArgument, "INVALID_INPUT"))
	source := &endless{}
	_, err := client.UploadAsset(background(t), source, hero, nil)
	equal(t, "error", errors.Is(err, ErrInvalidInput), true)
	equal(t, "read little", source.count < 8<<20, true)
}

func TestASourceIsReadNoFasterThanItIsTaken(t *testing.T) {
	s, client := pair(t)
	hangs, ended := open()
	s.on("UploadAsset", hangs)
	ctx, cancel := context.WithTimeout(background(t), 300*time.Millisecond)
	defer cancel()
	source := &endless{}
	_, err := client.UploadAsset(ctx, source, hero, nil)
	equal(t, "error", errors.Is(err, context.DeadlineExceeded), true)
	equal(t, "read little", source.count < 8<<20, true)
	wait(t, "the end of the call", ended)
}

func TestASourceThatFailsCreatesNothing(t *testing.T) {
	for _, gone := range []error{errors.New("the disk is gone"), io.ErrUnexpectedEOF} {
		s, client := pair(t)
		ends := make(chan error, 1)
		s.on("UploadAsset", func(call *served) error {
			ends <- (&taker{}).take(call)
			return nil
		})
		source := io.MultiReader(bytes.NewReader(data), &failing{gone})
		_, err := client.UploadAsset(background(t), source, hero, nil)
		equal(t, "error", err, gone)
		select {
		case end := <-ends:
			equal(t, "the gateway saw the end of an upload", end == nil, false)
		case <-time.After(patience):
			t.Error("the call did not end")
		}
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

func TestAPathThatCannotBeReadMakesNoCall(t *testing.T) {
	s, client := pair(t)
	_, err := client.UploadFile(background(t), filepath.Join(t.TempDir(), "none"), hero, nil)
	equal(t, "error", errors.Is(err, fs.ErrNotExist), true)
	equal(t, "calls", len(s.headers("user-agent")), 0)
}

func begin(total int64) *v1.DownloadGenerationResultResponse {
	return &v1.DownloadGenerationResultResponse{TotalSizeBytes: total, ContentType: "video/mp4"}
}

func bytesOf(from, to int) *v1.DownloadGenerationResultResponse {
	return &v1.DownloadGenerationResultResponse{Data: data[from:to]}
}

func sum() string {
	digest := sha256.Sum256(data)
	return hex.EncodeToString(digest[:])
}

// result answers what the gateway knows of the file.
func result(s *server, sha256 string) {
	s.on("GetGenerationTask", send(&v1.GenerationTask{Result: &v1.GenerationTask_Result{Sha256: sha256}}))
}

// files of the folder, with what they hold.
func files(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		found[entry.Name()] = string(text)
	}
	return found
}

func TestADownloadGoesOnAtTheOffsetAndRenamesTheFileAtTheEnd(t *testing.T) {
	s, client := pair(t)
	half, whole := len(data)/2, int64(len(data))
	s.on("DownloadGenerationResult",
		send(begin(whole), bytesOf(0, half), cut), send(begin(whole), bytesOf(half, len(data)), cut))
	result(s, sum())
	folder := t.TempDir()
	var steps []int64
	found, err := client.DownloadFile(background(t), "generationTasks/1", filepath.Join(folder, "video.mp4"),
		&DownloadOptions{Progress: func(done, total int64) { steps = append(steps, done, total) }})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "result", *found, DownloadResult{whole, sum(), "video/mp4"})
	equal(t, "progress", fmt.Sprint(steps), fmt.Sprint([]int64{whole / 2, whole, whole, whole}))
	written := files(t, folder)
	equal(t, "files", len(written), 1)
	equal(t, "whole", written["video.mp4"] == string(data), true)
	var offsets []int64
	for _, request := range requests[*v1.DownloadGenerationResultRequest](s, "DownloadGenerationResult") {
		equal(t, "part", request.Part, v1.DownloadGenerationResultRequest_PART_VIDEO)
		offsets = append(offsets, request.Offset)
	}
	equal(t, "offsets", fmt.Sprint(offsets), fmt.Sprint([]int{0, half}))
}

func TestADownloadMayGoToAStream(t *testing.T) {
	s, client := pair(t)
	s.on("DownloadGenerationResult", send(begin(0), bytesOf(0, 1000)))
	var target bytes.Buffer
	found, err := client.DownloadGenerationResult(background(t), "generationTasks/1", &target,
		&DownloadOptions{Part: v1.DownloadGenerationResultRequest_PART_LAST_FRAME})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "size", found.SizeBytes, 1000)
	equal(t, "whole", bytes.Equal(target.Bytes(), data[:1000]), true)
}

func TestOtherBytesThanThoseOfTheFileAreAnErrorAndLeaveNoFile(t *testing.T) {
	for what, handlers := range map[string][]handler{
		"another hash":      {send(begin(1000), bytesOf(0, 1000))},
		"more bytes":        {send(begin(999), bytesOf(0, 1000))},
		"a file that grows": {send(begin(1000), bytesOf(0, 10), cut), send(begin(1001))},
	} {
		s, client := pair(t)
		s.on("DownloadGenerationResult", handlers...)
		result(s, "00")
		folder := t.TempDir()
		_, err := client.DownloadFile(background(t), "generationTasks/1", filepath.Join(folder, "video.mp4"), nil)
		equal(t, what, errors.Is(err, ErrDataLoss), true)
		equal(t, "files", len(files(t, folder)), 0)
	}
}

func TestTooFewBytesAreNoEnd(t *testing.T) {
	s, client := pair(t)
	s.on("DownloadGenerationResult", send(begin(1000), bytesOf(0, 10)), send(begin(1000), bytesOf(10, 1000)))
	result(s, "")
	found, err := client.DownloadGenerationResult(background(t), "generationTasks/1", io.Discard, nil)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "size", found.SizeBytes, 1000)
}

func TestAnErrorLeavesTheFileThatWasThere(t *testing.T) {
	s, client := pair(t)
	s.on("DownloadGenerationResult", send(begin(1000), bytesOf(0, 10), fail(codes.FailedPrecondition, "RESULT_EXPIRED")))
	folder := t.TempDir()
	path := filepath.Join(folder, "video.mp4")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := client.DownloadFile(background(t), "generationTasks/1", path, nil)
	equal(t, "error", errors.Is(err, ErrResultExpired), true)
	equal(t, "files", fmt.Sprint(files(t, folder)), "map[video.mp4:before]")
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("no space left")

func TestATargetThatFailsEndsTheCall(t *testing.T) {
	s, client := pair(t)
	endless, ended := open(begin(1000), bytesOf(0, 10))
	s.on("DownloadGenerationResult", endless)
	_, err := client.DownloadGenerationResult(background(t), "generationTasks/1", full{}, nil)
	equal(t, "error", err, errFull)
	wait(t, "the end of the call", ended)
}
