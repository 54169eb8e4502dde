package gateway

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

// Options say how to reach the gateway, and how patiently. Zero values are the defaults.
type Options struct {
	// TLS of the connection; nil: plain text. LoadTLS makes one from files.
	TLS *tls.Config
	// Token gives the bearer token of each try; nil: none. StaticToken makes one from a string.
	Token     func(context.Context) (string, error)
	Timeouts  Timeouts
	Retry     RetryPolicy
	Keepalive keepalive.ClientParameters // Default: a ping after 10 s, 10 s for its answer; gRPC sends none sooner.
	UserAgent string                     // Put before the client's own.
	Logger    *slog.Logger               // nil: slog.Default(). Gets neither tokens nor prompts nor texts of the gateway.
	// DialOptions of gRPC, after the client's own.
	DialOptions []grpc.DialOption
}

// Timeouts bound waits. Those of calls are for all tries together, and hold for contexts without a deadline only;
// negative: no limit.
type Timeouts struct {
	Read    time.Duration // Gets, and each page of a list. Default 30 s.
	Write   time.Duration // Other unary calls: the vendor may think for five minutes. Default 330 s.
	Upload  time.Duration // A whole upload. Watches and downloads have no limit but their context's. Default 30 min.
	Connect time.Duration // How long a call, or a new watch, waits for a connection. Default 20 s; negative: not at all.
	Outage  time.Duration // How long a watch that has begun waits for a gateway that is away. Default 10 min.
	Idle    time.Duration // A stream silent for so long counts as broken; heartbeats come every 20 to 60 s. Default 90 s.
}

// RetryPolicy says when tries end, and how long the waits between them are.
type RetryPolicy struct {
	Attempts       int           // Tries in all of a call, and of a stream that never brought a message. Default 5.
	StreamAttempts int           // Fruitless tries in a row of a stream that has brought a message. Default 20.
	Initial        time.Duration // Longest first wait, which doubles with each further one. Default 200 ms.
	Maximum        time.Duration // Longest wait. Default 20 s.
}

// StaticToken is a token that does not change.
func StaticToken(token string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return token, nil }
}

// LoadTLS reads PEM files: the authorities that sign the gateway (empty: the system's), and, for mTLS, the client's
// certificate chain and its private key (both or none).
func LoadTLS(authorities, certificate, privateKey string) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if authorities != "" {
		pem, err := os.ReadFile(authorities)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s: no certificate in it", authorities)
		}
	}
	if (certificate == "") != (privateKey == "") {
		return nil, errors.New("a client certificate and its private key go together")
	}
	if certificate != "" {
		pair, err := tls.LoadX509KeyPair(certificate, privateKey)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

func (o Options) withDefaults() Options {
	times, retry := &o.Timeouts, &o.Retry
	times.Read = cmp.Or(times.Read, 30*time.Second)
	times.Write = cmp.Or(times.Write, 330*time.Second)
	times.Upload = cmp.Or(times.Upload, 30*time.Minute)
	times.Connect = cmp.Or(times.Connect, 20*time.Second)
	times.Outage = cmp.Or(times.Outage, 10*time.Minute)
	times.Idle = cmp.Or(times.Idle, 90*time.Second)
	retry.Attempts = cmp.Or(retry.Attempts, 5)
	retry.StreamAttempts = cmp.Or(retry.StreamAttempts, 20)
	retry.Initial = cmp.Or(retry.Initial, 200*time.Millisecond)
	retry.Maximum = cmp.Or(retry.Maximum, 20*time.Second)
	o.Keepalive.Time = cmp.Or(o.Keepalive.Time, 10*time.Second)
	o.Keepalive.Timeout = cmp.Or(o.Keepalive.Timeout, 10*time.Second)
	return o
}

func (o Options) dialOptions() []grpc.DialOption {
	transport := insecure.NewCredentials()
	if o.TLS != nil {
		transport = credentials.NewTLS(o.TLS)
	}
	agent := "seedance-gateway-go/" + Version()
	if o.UserAgent != "" {
		agent = o.UserAgent + " " + agent
	}
	return append([]grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithUserAgent(agent),
		grpc.WithKeepaliveParams(o.Keepalive),
		// gRPC's own pauses between connections would grow to two minutes.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 5 * time.Second},
			MinConnectTimeout: 20 * time.Second,
		}),
		// Retries of a name server's choice would be added to those of this package.
		grpc.WithDisableServiceConfig(),
	}, o.DialOptions...)
}

const module = "seedance.dev/gateway"

// Version is that of this module in the program's build information, for example "1.2.0", so that no file repeats it; "0"
// where the build has none.
func Version() string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return "0"
	}
	for _, dependency := range append(build.Deps, &build.Main) {
		if dependency.Path == module && len(dependency.Version) > 1 && dependency.Version[0] == 'v' {
			return dependency.Version[1:]
		}
	}
	return "0"
}
