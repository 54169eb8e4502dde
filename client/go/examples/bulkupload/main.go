// Command bulkupload uploads the files of a folder as assets of one group, a few at a time, and says what became of each.
//
//	go run ./examples/bulkupload 127.0.0.1:8443 pictures/
//
// Run again after an error, it pays for nothing twice: files that the group has already are found by their content.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"sync/atomic"

	"seedance.dev/gateway"
	v1 "seedance.dev/gateway/v1"
)

func main() {
	group := flag.String("group", "", "name of the group (default: that of the folder)")
	places := flag.Int("at-a-time", 4, "uploads at the same time")
	flag.Parse()
	if flag.NArg() != 2 {
		fmt.Fprintln(os.Stderr, "usage: bulkupload [-group NAME] [-at-a-time N] HOST:PORT FOLDER")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, flag.Arg(0), flag.Arg(1), *group, *places); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, endpoint, folder, name string, places int) error {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	options := &gateway.Options{}
	if token := os.Getenv("SEEDANCE_TOKEN"); token != "" {
		options.Token = gateway.StaticToken(token)
	}
	client, err := gateway.New(endpoint, options)
	if err != nil {
		return err
	}
	defer client.Close()
	group, err := groupNamed(ctx, client, cmp.Or(name, filepath.Base(folder)))
	if err != nil {
		return err
	}
	var running sync.WaitGroup
	var files, failed atomic.Int64
	free := make(chan struct{}, places)
	for _, entry := range entries {
		if !entry.Type().IsRegular() {
			continue
		}
		files.Add(1)
		running.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			if err := upload(ctx, client, group, filepath.Join(folder, entry.Name())); err != nil {
				failed.Add(1)
				fmt.Fprintf(os.Stderr, "%s: %v\n", entry.Name(), err)
			}
		})
	}
	running.Wait()
	fmt.Printf("%d of %d files are in %s\n", files.Load()-failed.Load(), files.Load(), group)
	if failed.Load() > 0 {
		return fmt.Errorf("%d files are not", failed.Load())
	}
	return nil
}

// groupNamed gives the group of this name, which is made if there is none.
func groupNamed(ctx context.Context, client *gateway.Client, name string) (string, error) {
	for group, err := range client.ListAssetGroups(ctx, &v1.ListAssetGroupsRequest{DisplayNameContains: name}) {
		if err != nil {
			return "", err
		}
		if group.DisplayName == name {
			return group.Name, nil
		}
	}
	group, err := client.CreateAssetGroup(ctx, &v1.CreateAssetGroupRequest{AssetGroup: &v1.AssetGroup{DisplayName: name}})
	return group.GetName(), err
}

func upload(ctx context.Context, client *gateway.Client, group, path string) error {
	asset, err := client.UploadFile(ctx, path, &v1.Asset{AssetGroup: group, DisplayName: filepath.Base(path)},
		&gateway.UploadOptions{ReuseContent: true})
	if err != nil {
		return err
	}
	was := ""
	if asset.Reused {
		was = " (was there)"
	}
	if asset, err = client.WatchAsset(ctx, &v1.WatchAssetRequest{Name: asset.Name}).Wait(); err != nil {
		return err
	}
	if err := gateway.ErrorOf(asset); err != nil {
		return err
	}
	fmt.Printf("%s: %s%s\n", path, asset.Name, was)
	return nil
}
