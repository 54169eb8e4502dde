package gateway

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// certify writes a certificate that signs itself, and its key, and returns the paths.
func certify(t *testing.T, name string) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	certificate, key = filepath.Join(folder, name+".pem"), filepath.Join(folder, name+".key")
	for path, block := range map[string]*pem.Block{
		certificate: {Type: "CERTIFICATE", Bytes: signed}, key: {Type: "PRIVATE KEY", Bytes: encoded}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certificate, key
}

func settings(t *testing.T, authorities, certificate, key string) *tls.Config {
	t.Helper()
	config, err := LoadTLS(authorities, certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// serveTLS starts a server that asks for certificates of these authorities, "": for none.
func serveTLS(t *testing.T, certificate, key, authorities string) *server {
	t.Helper()
	config := settings(t, authorities, certificate, key)
	if authorities != "" {
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, config.RootCAs
	}
	s := serve(t, nil, grpc.Creds(credentials.NewTLS(config)))
	s.on("GetGenerationTask", send(task("it", 0, 0)))
	return s
}

func get(t *testing.T, s *server, config *tls.Config) error {
	t.Helper()
	client := connect(t, s.endpoint, func(o *Options) {
		o.TLS, o.Token, o.Timeouts.Connect = config, StaticToken("secret"), -1
	})
	_, err := client.GetGenerationTask(background(t), asked("x"))
	return err
}

func TestTheGatewayIsCheckedAgainstTheAuthorities(t *testing.T) {
	certificate, key := certify(t, "server")
	other, _ := certify(t, "other")
	s := serveTLS(t, certificate, key, "")
	if err := get(t, s, settings(t, certificate, "", "")); err != nil {
		t.Error(err)
	}
	equal(t, "token", s.headers("authorization")[0], "Bearer secret")
	equal(t, "error", errors.Is(get(t, s, settings(t, other, "", "")), ErrConnectionFailed), true)
	equal(t, "calls", len(s.headers("authorization")), 1)
}

func TestAClientCertificateIsPresented(t *testing.T) {
	certificate, key := certify(t, "server")
	mine, myKey := certify(t, "client")
	s := serveTLS(t, certificate, key, mine)
	if err := get(t, s, settings(t, certificate, mine, myKey)); err != nil {
		t.Error(err)
	}
	equal(t, "error", errors.Is(get(t, s, settings(t, certificate, "", "")), ErrConnectionFailed), true)
}

func TestFilesOfTLSThatCannotBeUsedAreToldAtOnce(t *testing.T) {
	certificate, key := certify(t, "client")
	_, err := LoadTLS(filepath.Join(t.TempDir(), "none.pem"), "", "")
	equal(t, "a missing file", errors.Is(err, fs.ErrNotExist), true)
	for _, files := range [][3]string{{key, "", ""}, {"", certificate, ""}, {"", "", key}, {"", key, certificate}} {
		if _, err := LoadTLS(files[0], files[1], files[2]); err == nil {
			t.Error(files)
		}
	}
}
