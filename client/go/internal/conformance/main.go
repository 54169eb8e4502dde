// Command conformance is the driver of the conformance suite (client/conformance/README.md).
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/code"

	"seedance.dev/gateway"
	v1 "seedance.dev/gateway/v1"
)

type params struct {
	Name, File, Output, Prompt string
	Names                      []string
	Count, Attempts            int
	Size                       int64
	Pause                      float64 // Seconds.
}

type object map[string]any

type driver struct{ client *gateway.Client }

func say(what object) {
	line, err := json.Marshal(what)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

func state(value fmt.Stringer) string { return strings.TrimPrefix(value.String(), "STATE_") }

// noise is a source of bytes that are no picture, which counts what was read.
type noise struct{ size, at, most int64 }

func (n *noise) Read(data []byte) (int, error) {
	count := min(int64(len(data)), n.size-n.at)
	if count == 0 {
		return 0, io.EOF
	}
	for index := range count {
		data[index] = 0x55
	}
	n.at += count
	n.most = max(n.most, n.at)
	return int(count), nil
}

func (n *noise) Seek(offset int64, whence int) (int64, error) {
	n.at = offset + []int64{0, n.at, n.size}[whence]
	return n.at, nil
}

func (d driver) group(ctx context.Context) (string, error) {
	group, err := d.client.CreateAssetGroup(ctx, &v1.CreateAssetGroupRequest{
		AssetGroup: &v1.AssetGroup{DisplayName: "conformance " + gateway.NewRequestID()}})
	return group.GetName(), err
}

func (d driver) create(ctx context.Context, p params) (object, error) {
	if p.Prompt == "" {
		p.Prompt = "a cat walks in the rain"
	}
	task, err := d.client.CreateGenerationTask(ctx, &v1.CreateGenerationTaskRequest{
		GenerationTask: &v1.GenerationTask{Prompt: p.Prompt}})
	return object{"name": task.GetName()}, err
}

func (d driver) watch(ctx context.Context, p params) (object, error) {
	result := object{}
	for task, err := range d.client.WatchGenerationTask(ctx, &v1.WatchGenerationTaskRequest{Name: p.Name}).All() {
		if err != nil {
			return nil, err
		}
		say(object{"event": "snapshot", "state": state(task.State), "revision": task.Revision})
		result = object{"name": task.Name, "state": state(task.State)}
		time.Sleep(time.Duration(p.Pause * float64(time.Second)))
	}
	return result, nil
}

func (d driver) generate(ctx context.Context, p params) (object, error) {
	created, err := d.create(ctx, p)
	if err != nil {
		return nil, err
	}
	p.Name = created["name"].(string)
	return d.watch(ctx, p)
}

func (d driver) download(ctx context.Context, p params) (object, error) {
	result, err := d.client.DownloadFile(ctx, p.Name, p.Output, nil)
	if err != nil {
		return nil, err
	}
	return object{"size": result.SizeBytes, "sha256": result.SHA256}, nil
}

func (d driver) job(ctx context.Context, p params) (object, error) {
	group, err := d.group(ctx)
	if err != nil {
		return nil, err
	}
	asset, err := d.client.UploadFile(ctx, p.File, &v1.Asset{AssetGroup: group, DisplayName: "hero"}, nil)
	if err != nil {
		return nil, err
	}
	if asset, err = d.client.WatchAsset(ctx, &v1.WatchAssetRequest{Name: asset.Name}).Wait(); err != nil {
		return nil, err
	}
	task, err := d.client.CreateGenerationTask(ctx, &v1.CreateGenerationTaskRequest{GenerationTask: &v1.GenerationTask{
		Prompt: "@image1 walks in the rain", References: []*v1.Reference{{Source: &v1.Reference_Asset{Asset: asset.Name}}}}})
	if err != nil {
		return nil, err
	}
	p.Name = task.Name
	watched, err := d.watch(ctx, p)
	if err != nil {
		return nil, err
	}
	result, err := d.download(ctx, p)
	if err != nil {
		return nil, err
	}
	result["asset_state"], result["name"], result["state"] = state(asset.State), watched["name"], watched["state"]
	return result, nil
}

func (d driver) upload(ctx context.Context, p params) (object, error) {
	group, err := d.group(ctx)
	if err != nil {
		return nil, err
	}
	say(object{"event": "ready"})
	asset := &v1.Asset{AssetGroup: group, DisplayName: "hero", MediaType: v1.MediaType_MEDIA_TYPE_IMAGE}
	options := &gateway.UploadOptions{FileName: "hero.png"}
	if p.File != "" {
		asset, err = d.client.UploadFile(ctx, p.File, asset, options)
		return object{"asset": asset.GetName()}, err
	}
	source := &noise{size: p.Size}
	asset, err = d.client.UploadAsset(ctx, source, asset, options)
	var failed *gateway.Error
	if errors.As(err, &failed) {
		return object{"error": described(failed), "read": source.most}, nil
	}
	return object{"asset": asset.GetName()}, err
}

func (d driver) tasks(ctx context.Context, p params) (object, error) {
	live := d.client.WatchGenerationTasks(ctx, &v1.WatchGenerationTasksRequest{})
	defer live.Close()
	if err := live.WaitSynced(ctx); err != nil {
		return nil, err
	}
	var names []string
	for range p.Count {
		created, err := d.create(ctx, p)
		if err != nil {
			return nil, err
		}
		names = append(names, created["name"].(string))
	}
	for change, err := range live.Changes() {
		if err != nil {
			return nil, err
		}
		said := ""
		if change.Task != nil {
			said = state(change.Task.State)
		}
		say(object{"event": "change", "state": said})
		var states []string
		succeeded := 0
		for _, name := range names {
			if task := live.Tasks()[name]; task != nil {
				states = append(states, state(task.State))
				if task.State == v1.GenerationTask_STATE_SUCCEEDED {
					succeeded++
				}
			}
		}
		if succeeded == len(names) {
			return object{"states": states}, nil
		}
	}
	return nil, errors.New("the live map ended")
}

func (d driver) errors(ctx context.Context, p params) (object, error) {
	found := []object{}
	for _, name := range p.Names {
		_, err := d.client.GetGenerationTask(ctx, &v1.GetGenerationTaskRequest{Name: name})
		var failed *gateway.Error
		if errors.As(err, &failed) {
			found = append(found, described(failed))
		}
	}
	return object{"errors": found}, nil
}

func described(failed *gateway.Error) object {
	// A reason's type is its constant. The unit tests show that there is one for each reason of the stubs.
	kind := ""
	if _, known := v1.ErrorReason_value["ERROR_REASON_"+string(failed.Reason)]; known {
		kind = string(failed.Reason)
	}
	violations := [][2]string{}
	for _, one := range failed.Violations {
		violations = append(violations, [2]string{one.Field, one.Description})
	}
	result := object{"type": kind, "reason": failed.Reason, "code": code.Code(failed.Code).String(),
		"message": failed.Message, "advice": failed.Advice, "retry_delay": nil, "resource_name": failed.ResourceName,
		"upstream_code": failed.Metadata["upstream_code"], "violations": violations}
	if failed.RetryDelay > 0 {
		result["retry_delay"] = failed.RetryDelay.Seconds()
	}
	return result
}

func main() {
	var asked struct {
		Operation, Endpoint string
		Params              params
	}
	line, err := bufio.NewReader(os.Stdin).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &asked)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(2)
	}
	client, err := gateway.New(asked.Endpoint, &gateway.Options{Retry: gateway.RetryPolicy{Attempts: asked.Params.Attempts}})
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(2)
	}
	defer client.Close()
	d := driver{client}
	operation, known := map[string]func(context.Context, params) (object, error){
		"job": d.job, "create": d.create, "generate": d.generate, "watch": d.watch, "tasks": d.tasks, "upload": d.upload,
		"download": d.download, "errors": d.errors}[asked.Operation]
	if !known {
		say(object{"result": object{"unsupported": asked.Operation}})
		return
	}
	result, err := operation(context.Background(), asked.Params)
	if err != nil {
		failed := &gateway.Error{Message: err.Error()}
		errors.As(err, &failed)
		result = object{"error": described(failed)}
	}
	say(object{"result": result})
}
