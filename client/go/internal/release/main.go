// Command release writes the module as a Go module proxy serves it, so that it can be installed before it is published:
//
//	go run ./internal/release v1.2.3 FOLDER    # then GOPROXY=file://FOLDER go get seedance.dev/gateway@v1.2.3
//
// The go command makes the same archive of the tag client/go/v1.2.3.
package main

import (
	"archive/zip"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const module = "seedance.dev/gateway"

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: release VERSION FOLDER, in the folder of the module")
		os.Exit(2)
	}
	if err := release(os.Args[1], filepath.Join(os.Args[2], module, "@v")); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func release(version, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	description, err := os.ReadFile("go.mod")
	if err != nil {
		return err
	}
	info := fmt.Sprintf(`{"Version":%q,"Time":%q}`, version, time.Now().UTC().Format(time.RFC3339))
	for name, data := range map[string][]byte{"list": []byte(version + "\n"), version + ".info": []byte(info), version + ".mod": description} {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
			return err
		}
	}
	file, err := os.Create(filepath.Join(folder, version+".zip"))
	if err != nil {
		return err
	}
	defer file.Close()
	archive := zip.NewWriter(file)
	prefix := module + "@" + version + "/"
	err = filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		return add(archive, prefix+filepath.ToSlash(path), path)
	})
	if err == nil { // A module in a folder of a tree gets the license of the tree.
		err = add(archive, prefix+"LICENSE", "../../LICENSE")
	}
	if err != nil {
		return err
	}
	return archive.Close()
}

func add(archive *zip.Writer, name, path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	entry, err := archive.Create(name)
	if err == nil {
		_, err = entry.Write(data)
	}
	return err
}
