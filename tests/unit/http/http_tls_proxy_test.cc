// TLS and proxies over real sockets.

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <netdb.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "service/base/mutex.h"
#include "service/http/http_transport.h"
#include "tests/unit/http/http_requests.h"
#include "tests/unit/http/trick_server.h"

// Stands before that of the C library: a name that no resolver knows, with a private address and two public ones. No
// test connects to these; its proxy does not either.
extern "C" int getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** list) {
  using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "getaddrinfo"));
  if (host == nullptr || std::string(host) != "several.invalid") return real(host, service, hints, list);
  addrinfo** end = list;
  for (const char* address : {"10.0.0.1", "8.8.8.8", "9.9.9.9"}) {
    if (const int failed = real(address, service, hints, end); failed != 0) return failed;
    while (*end != nullptr) end = &(*end)->ai_next;
  }
  return 0;
}

namespace seedance::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// A self-signed certificate for `names` (an OpenSSL subjectAltName) and its key, in files of their own.
class Certificate {
 public:
  explicit Certificate(const std::string& names) {
    key_ = EVP_EC_gen("P-256");
    certificate_ = X509_new();
    X509_set_version(certificate_, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), 3600);
    X509_set_pubkey(certificate_, key_);
    X509_NAME* subject = X509_get_subject_name(certificate_);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(certificate_, subject);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    X509_add_ext(certificate_, extension, -1);
    X509_EXTENSION_free(extension);
    X509_sign(certificate_, key_, EVP_sha256());
    file_ = testing::TempDir() + "/upstream_tls_" + std::to_string(getpid()) + "_" + std::to_string(++count_) + ".pem";
    FILE* out = std::fopen(file_.c_str(), "w");
    PEM_write_X509(out, certificate_);
    std::fclose(out);
  }
  ~Certificate() {
    std::remove(file_.c_str());
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  X509* certificate() const { return certificate_; }
  EVP_PKEY* key() const { return key_; }
  const std::string& file() const { return file_; }

 private:
  static inline int count_ = 0;
  EVP_PKEY* key_ = nullptr;
  X509* certificate_ = nullptr;
  std::string file_;
};

// An https server that answers everything with `{}`.
class TlsServer {
 public:
  explicit TlsServer(const Certificate& certificate) : server_(certificate.certificate(), certificate.key()) {
    server_.Get(".*", [this](const httplib::Request& request, httplib::Response& response) {
      proxy_authorization_seen_ = request.has_header("Proxy-Authorization");
      response.set_content("{}", "application/json");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~TlsServer() {
    server_.stop();
    thread_.join();
  }

  std::string url() const { return "https://127.0.0.1:" + std::to_string(port_) + "/"; }
  int port() const { return port_; }
  bool proxy_authorization_seen() const { return proxy_authorization_seen_; }

 private:
  httplib::SSLServer server_;
  int port_ = 0;
  std::atomic<bool> proxy_authorization_seen_ = false;
  std::thread thread_;
};

HttpReply SendWith(const std::string& ca_file, const std::string& url, const std::string& proxy = "") {
  HttpOptions options;
  options.ca_file = ca_file;
  options.proxy = proxy;
  return MakeHttpTransport(options)->Send(Get(url));
}

TEST(HttpTls, AuthorityFromTheFileIsTrusted) {
  const Certificate certificate("IP:127.0.0.1");
  TlsServer server(certificate);
  HttpOptions options;
  options.ca_file = certificate.file();
  auto transport = MakeHttpTransport(options);
  for (int i = 0; i < 3; ++i) {
    const HttpReply reply = transport->Send(Get(server.url()));
    EXPECT_EQ(reply.outcome, HttpOutcome::kReply) << reply.error;
    EXPECT_EQ(reply.body, "{}");
  }
}

TEST(HttpTls, UnknownAuthorityIsNotSent) {
  const Certificate certificate("IP:127.0.0.1");
  TlsServer server(certificate);
  const HttpReply reply = SendWith("", server.url());
  EXPECT_EQ(reply.outcome, HttpOutcome::kNotSent);
  EXPECT_THAT(reply.error, HasSubstr("certificate"));
}

TEST(HttpTls, CertificateOfAnotherHostIsNotSent) {
  const Certificate certificate("DNS:other.example,IP:127.0.0.2");
  TlsServer server(certificate);
  const HttpReply reply = SendWith(certificate.file(), server.url());
  EXPECT_EQ(reply.outcome, HttpOutcome::kNotSent);
  EXPECT_THAT(reply.error, HasSubstr("mismatch"));
}

TEST(HttpTls, UnreadableAuthorityFileIsNotSent) {
  const Certificate certificate("IP:127.0.0.1");
  TlsServer server(certificate);
  const HttpReply reply = SendWith("/nowhere/ca.pem", server.url());
  EXPECT_EQ(reply.outcome, HttpOutcome::kNotSent);
  EXPECT_THAT(reply.error, HasSubstr("/nowhere/ca.pem"));
}

TEST(HttpTls, PlainServerIsNotSent) {
  TrickServer server([](Peer& peer, int) {
    peer.Send(OkReply("{}"));
    peer.AwaitClose();
  });
  EXPECT_EQ(SendWith("", "https://127.0.0.1:" + std::to_string(server.port())).outcome, HttpOutcome::kNotSent);
}

std::string ProxyAt(const TrickServer& server) {
  return "http://user:p%40ss@127.0.0.1:" + std::to_string(server.port());
}

TEST(HttpProxy, PlainRequestsNameTheWholeUrl) {
  std::string head;
  TrickServer proxy([&](Peer& peer, int) {
    head = peer.ReadRequest();
    peer.Send(OkReply("{}"));
  });
  EXPECT_EQ(SendWith("", "http://host.invalid:81/a?b", ProxyAt(proxy)).body, "{}");
  EXPECT_TRUE(absl::StartsWith(head, "GET http://host.invalid:81/a?b HTTP/1.1\r\n")) << head;
  EXPECT_THAT(head, HasSubstr("Host: host.invalid:81\r\n"));
  EXPECT_THAT(head, HasSubstr("Proxy-Authorization: Basic dXNlcjpwQHNz\r\n"));
}

TEST(HttpProxy, HttpsGoesThroughATunnelWithoutTheProxysCredentials) {
  const Certificate certificate("IP:127.0.0.1");
  TlsServer server(certificate);
  std::string head;
  TrickServer proxy([&](Peer& peer, int) {
    head = peer.ReadHead();
    peer.Send("HTTP/1.1 200 Connection established\r\n\r\n");
    peer.Tunnel(server.port());
  });
  HttpOptions options;
  options.ca_file = certificate.file();
  options.proxy = ProxyAt(proxy);
  auto transport = MakeHttpTransport(options);
  for (int i = 0; i < 3; ++i) {
    const HttpReply reply = transport->Send(Get(server.url()));
    EXPECT_EQ(reply.body, "{}") << reply.error;
  }
  EXPECT_EQ(proxy.connections(), 1);
  EXPECT_TRUE(absl::StartsWith(head, "CONNECT 127.0.0.1:" + std::to_string(server.port()) + " HTTP/1.1\r\n")) << head;
  EXPECT_THAT(head, HasSubstr("Proxy-Authorization: Basic dXNlcjpwQHNz\r\n"));
  EXPECT_FALSE(server.proxy_authorization_seen());
}

TEST(HttpProxy, OfALinkTheProxyIsAskedForEachAllowedAddressUntilItReachesOne) {
  const Certificate certificate("DNS:several.invalid");
  TlsServer server(certificate);
  base::Mutex mutex;
  std::vector<std::string> heads;
  TrickServer proxy([&](Peer& peer, int number) {
    const std::string head = peer.ReadHead();
    {
      base::MutexLock lock(mutex);
      heads.push_back(head.substr(0, head.find(' ', 8)));
    }
    if (number == 1) {
      peer.Send("HTTP/1.1 502 Bad Gateway\r\n\r\n");
      return;
    }
    peer.Send("HTTP/1.1 200 Connection established\r\n\r\n");
    peer.Tunnel(server.port());
  });
  HttpOptions options;
  options.ca_file = certificate.file();
  options.proxy = ProxyAt(proxy);
  const std::string port = std::to_string(server.port());
  HttpRequest request = Get("https://several.invalid:" + port + "/");
  request.link = true;
  const HttpReply reply = MakeHttpTransport(options)->Send(request);
  EXPECT_EQ(reply.body, "{}") << reply.error;
  EXPECT_THAT(heads, ElementsAre("CONNECT 8.8.8.8:" + port, "CONNECT 9.9.9.9:" + port)) << "and not the private one";
}

// httplib's own tunnel waits for ever on the first two of these.
TEST(HttpProxy, RefusedTunnelIsNotSent) {
  for (const char* answer :
       {"HTTP/1.0 503 Service Unavailable\r\n\r\n", "HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n<html>",
        "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "", "nonsense\r\n\r\n"}) {
    TrickServer proxy([&](Peer& peer, int) {
      peer.ReadHead();
      peer.Send(answer);
    });
    const HttpReply reply = SendWith("", "https://host.invalid/", ProxyAt(proxy));
    EXPECT_EQ(reply.outcome, HttpOutcome::kNotSent) << answer;
    EXPECT_THAT(reply.error, Not(HasSubstr("p@ss")));
  }
}

TEST(HttpProxy, CredentialsRefusedByTheProxyOfAPlainRequestIsNotSent) {
  TrickServer proxy([](Peer& peer, int) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
  });
  EXPECT_EQ(SendWith("", "http://host.invalid/", ProxyAt(proxy)).outcome, HttpOutcome::kNotSent);
}

TEST(HttpProxy, SettingThatIsNotUnderstoodSendsNothing) {
  EXPECT_EQ(SendWith("", "http://host.invalid/", "socks5://127.0.0.1:1").outcome, HttpOutcome::kNotSent);
}

}  // namespace
}  // namespace seedance::http
