// Command generatevideo makes a video from a prompt and reference files, and downloads it.
//
//	go run ./examples/generatevideo -prompt '@image1 walks in the rain' -output rain.mp4 127.0.0.1:8443 hero.png
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"seedance.dev/gateway"
	v1 "seedance.dev/gateway/v1"
)

func main() {
	prompt := flag.String("prompt", "a fox runs through the snow", "what the video shows")
	output := flag.String("output", "video.mp4", "where it goes")
	withTLS := flag.Bool("tls", false, "connect with TLS")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: generatevideo [options] HOST:PORT [FILE...]")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, flag.Arg(0), *withTLS, *prompt, flag.Args()[1:], *output); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, endpoint string, withTLS bool, prompt string, files []string, output string) error {
	options := &gateway.Options{}
	if token := os.Getenv("SEEDANCE_TOKEN"); token != "" {
		options.Token = gateway.StaticToken(token)
	}
	if withTLS {
		var err error
		if options.TLS, err = gateway.LoadTLS("", "", ""); err != nil {
			return err
		}
	}
	client, err := gateway.New(endpoint, options)
	if err != nil {
		return err
	}
	defer client.Close()
	references, err := upload(ctx, client, files)
	if err != nil {
		return err
	}
	task, err := client.CreateGenerationTask(ctx, &v1.CreateGenerationTaskRequest{
		GenerationTask: &v1.GenerationTask{Prompt: prompt, References: references}})
	if err != nil {
		return err
	}
	for task, err = range client.WatchGenerationTask(ctx, &v1.WatchGenerationTaskRequest{Name: task.Name}).All() {
		if err != nil {
			return err
		}
		fmt.Println(task.Name, task.State, task.ProgressPercent, "%")
	}
	if err := gateway.ErrorOf(task); err != nil {
		return err
	}
	result, err := client.DownloadFile(ctx, task.Name, output, nil)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d bytes, SHA-256 %s\n", output, result.SizeBytes, result.SHA256)
	return nil
}

// upload makes assets of the files, usable in tasks.
func upload(ctx context.Context, client *gateway.Client, files []string) ([]*v1.Reference, error) {
	if len(files) == 0 {
		return nil, nil
	}
	group, err := client.CreateAssetGroup(ctx, &v1.CreateAssetGroupRequest{
		AssetGroup: &v1.AssetGroup{DisplayName: "example " + gateway.NewRequestID()[:8]}})
	if err != nil {
		return nil, err
	}
	var references []*v1.Reference
	for _, path := range files {
		asset, err := client.UploadFile(ctx, path, &v1.Asset{AssetGroup: group.Name, DisplayName: filepath.Base(path)}, nil)
		if err == nil {
			asset, err = client.WatchAsset(ctx, &v1.WatchAssetRequest{Name: asset.Name}).Wait()
		}
		if err == nil {
			err = gateway.ErrorOf(asset)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		fmt.Println(path, "is", asset.Name)
		references = append(references, &v1.Reference{Source: &v1.Reference_Asset{Asset: asset.Name}})
	}
	return references, nil
}
