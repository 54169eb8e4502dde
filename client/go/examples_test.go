package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"seedance.dev/gateway"
	v1 "seedance.dev/gateway/v1"
)

// The examples and the README's code, against the gateway and the sandbox of SEEDANCE_GATEWAY and SEEDANCE_SANDBOX.

const media = "../../tests/testing/media/"

const config = `
server: {listen: "127.0.0.1:0", port_file: "%[1]s/gateway.port", drain_grace: 3s}
store: {sqlite: {path: "%[1]s/gateway.db"}}
upstreams:
  - name: anyfast
    anyfast: {base_url: "http://%[2]s", api_key: {env: SANDBOX_KEY}, allow_plain_http: true}
tasks: {poll_interval_queued: 0.2s, poll_interval_running: 0.2s, poll_interval_watched: 0.2s, poll_interval_asset: 0.2s}
`

// programs are a sandbox and a gateway, in a folder of their own.
type programs struct {
	t                         *testing.T
	folder, endpoint, control string
}

func start(t *testing.T) *programs {
	t.Helper()
	gatewayProgram, sandboxProgram := os.Getenv("SEEDANCE_GATEWAY"), os.Getenv("SEEDANCE_SANDBOX")
	if gatewayProgram == "" || sandboxProgram == "" {
		t.Skip("SEEDANCE_GATEWAY and SEEDANCE_SANDBOX name no programs")
	}
	p := &programs{t: t, folder: t.TempDir()}
	ports := p.launch("sandbox.ports", "control=", sandboxProgram, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0",
		"--port-file", filepath.Join(p.folder, "sandbox.ports"), "--asset-seconds", "0.3", "--task-seconds", "1.5",
		"--group-lag-seconds", "0.1")
	listen := regexp.MustCompile(`listen=(\S+)`).FindStringSubmatch(ports)
	control := regexp.MustCompile(`control=(\S+)`).FindStringSubmatch(ports)
	if listen == nil || control == nil {
		t.Fatalf("ports of the sandbox: %s", ports)
	}
	p.control = control[1]
	path := filepath.Join(p.folder, "gateway.yaml")
	if err := os.WriteFile(path, fmt.Appendf(nil, config, p.folder, listen[1]), 0o600); err != nil {
		t.Fatal(err)
	}
	p.endpoint = strings.TrimSpace(p.launch("gateway.port", ":", gatewayProgram, "--config", path))
	return p
}

// launch starts a program that ends with the test, and gives the file that it writes once it serves.
func (p *programs) launch(file, mark, program string, arguments ...string) string {
	p.t.Helper()
	command := exec.Command(program, arguments...)
	command.Env = append(os.Environ(), "SANDBOX_KEY=sandbox-key")
	var log bytes.Buffer
	command.Stdout, command.Stderr = &log, &log
	if err := command.Start(); err != nil {
		p.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		command.Wait()
		close(ended)
	}()
	p.t.Cleanup(func() {
		command.Process.Kill()
		<-ended
	})
	for poll := time.NewTicker(20 * time.Millisecond); ; {
		select {
		case <-poll.C:
			if text, err := os.ReadFile(filepath.Join(p.folder, file)); err == nil && bytes.Contains(text, []byte(mark)) {
				return string(text)
			}
		case <-ended:
			p.t.Fatalf("%s ended: %s", program, &log)
		case <-time.After(time.Minute):
			p.t.Fatalf("%s does not serve: %s", program, &log)
		}
	}
}

// bills that the vendor has written for an action.
func (p *programs) bills(action string) (count int) {
	p.t.Helper()
	answer, err := http.Get("http://" + p.control + "/ledger")
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	var ledger struct{ Bills []struct{ Action string } }
	if err := json.NewDecoder(answer.Body).Decode(&ledger); err != nil {
		p.t.Fatal(err)
	}
	for _, bill := range ledger.Bills {
		if bill.Action == action {
			count++
		}
	}
	return count
}

// run runs the go command in a folder and returns what it says.
func run(t *testing.T, folder string, arguments ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "go", arguments...)
	command.Dir = folder
	said, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(arguments, " "), err, said)
	}
	return string(said)
}

func isMP4(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) < 8 || string(data[4:8]) != "ftyp" {
		t.Errorf("%s is no MP4", path)
	}
}

func TestGenerateVideoUsesFilesAndDownloadsTheVideo(t *testing.T) {
	p := start(t)
	output := filepath.Join(p.folder, "out.mp4")
	said := run(t, ".", "run", "./examples/generatevideo", "-prompt", "@image1 in @video1", "-output", output, p.endpoint,
		media+"hero.png", media+"clip.mp4")
	if !strings.Contains(said, "STATE_SUCCEEDED") {
		t.Error(said)
	}
	isMP4(t, output)
}

func TestWatchDashboardEndsWhenAllTasksOfTheLabelHave(t *testing.T) {
	p := start(t)
	client, err := gateway.New(p.endpoint, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for prompt, shot := range map[string]string{"a cat": "12", "a dog": "12", "[stuck] a cat": "13"} {
		_, err := client.CreateGenerationTask(context.Background(), &v1.CreateGenerationTaskRequest{
			GenerationTask: &v1.GenerationTask{Prompt: prompt, Labels: map[string]string{"shot": shot}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	said := run(t, ".", "run", "./examples/watchdashboard", "-label", "shot=12", p.endpoint)
	if !strings.HasSuffix(said, "\nSUCCEEDED 2\n") {
		t.Error(said)
	}
}

func TestBulkUploadPaysOnceForEachFile(t *testing.T) {
	p := start(t)
	folder := filepath.Join(p.folder, "pictures")
	for _, name := range []string{"hero.png", "clip.mp4", "music.mp3"} {
		data, err := os.ReadFile(media + name)
		if err == nil {
			err = os.MkdirAll(folder, 0o700)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	said := run(t, ".", "run", "./examples/bulkupload", p.endpoint, folder)
	again := run(t, ".", "run", "./examples/bulkupload", p.endpoint, folder)
	if !strings.Contains(said, "3 of 3 files") || strings.Count(again, "(was there)") != 3 {
		t.Error(said, again)
	}
	if bills := p.bills("CreateAsset"); bills != 3 {
		t.Errorf("%d bills", bills)
	}
}

// blocks of Go code in README.md and WORKER.md.
func blocks(t *testing.T) []string {
	t.Helper()
	var text string
	for _, name := range []string{"README.md", "WORKER.md"} {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text += string(page)
	}
	var found []string
	for _, block := range regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(text, -1) {
		found = append(found, block[1])
	}
	if len(found) < 4 {
		t.Fatalf("%d blocks of code", len(found))
	}
	return found
}

// outside is the folder of another module, which depends on this one as it is installed.
func outside(t *testing.T, program string) string {
	t.Helper()
	folder := os.Getenv("SEEDANCE_OUTSIDE")
	if folder == "" {
		t.Skip("SEEDANCE_OUTSIDE names no folder of a module that depends on this one")
	}
	folder = filepath.Join(folder, strings.ToLower(t.Name()))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "main.go"), []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestTheFirstLinesOfTheReadmeMakeAVideoInAnotherModule(t *testing.T) {
	program := blocks(t)[0]
	video := regexp.MustCompile(`(?s)\nfunc video.*?\n(.*?)\n}\n`).FindStringSubmatch(program)
	if video == nil || strings.Count(video[1], "\n")+1 > 12 {
		t.Errorf("more than twelve lines:\n%s", program)
	}
	p := start(t)
	folder := outside(t, strings.Replace(program, "127.0.0.1:8443", p.endpoint, 1))
	if said := run(t, folder, "run", "."); !strings.Contains(said, "100 %") {
		t.Error(said)
	}
	isMP4(t, filepath.Join(folder, "rain.mp4"))
}

func TestEveryPieceOfCodeInTheReadmeCompiles(t *testing.T) {
	var program strings.Builder
	program.WriteString(`package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"seedance.dev/gateway"
	v1 "seedance.dev/gateway/v1"
)

var _, _, _ = errors.New, log.Print, time.Now

type Order struct{ UUID, Prompt string }

func (Order) Acknowledge() {}
func (Order) Refuse(error) {}

func main() {}
`)
	for number, block := range blocks(t)[1:] {
		if strings.HasPrefix(block, "func ") {
			program.WriteString(block)
			continue
		}
		fmt.Fprintf(&program, "func piece%d(ctx context.Context, client *gateway.Client, err error) error {\n%s\nreturn err\n}\n", number, block)
	}
	run(t, outside(t, program.String()), "vet", ".")
}

func TestAnotherModuleSeesTheVersionOfTheProject(t *testing.T) {
	folder := outside(t, `package main

import (
	"fmt"

	"seedance.dev/gateway"
)

func main() { fmt.Println(gateway.Version()) }
`)
	text, err := os.ReadFile("../../CMakeLists.txt")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^project\(\S+ VERSION ([\d.]+)`).FindSubmatch(text)
	if said := strings.TrimSpace(run(t, folder, "run", ".")); version == nil || said != string(version[1]) {
		t.Errorf("%s, not %s", said, version)
	}
}
