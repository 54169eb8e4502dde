// The gateway with a certificate of its own, and with certificates asked of its callers.
#include <string>
#include <vector>

#include "tests/e2e/fixture.h"
#include "tests/testing/temp_dir.h"

namespace seedance::e2e {
namespace {

using grpc::StatusCode;

// Makes an authority, and certificates that it signs, with the openssl command.
class Certificates {
 public:
  Certificates() {
    Run({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
         "/CN=test authority", "-keyout", File("ca.key"), "-out", File("ca.pem")});
    Issue("server", "subjectAltName=DNS:localhost,IP:127.0.0.1");
    Issue("client", "subjectAltName=DNS:client");
  }

  std::string File(const std::string& name) const { return dir_.File(name); }
  std::string Read(const std::string& name) const { return testing::ReadFile(File(name)); }

 private:
  void Issue(const std::string& name, const std::string& extension) {
    if (!testing::WriteFile(File(name + ".ext"), extension)) throw std::runtime_error("cannot write");
    Run({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name, "-keyout",
         File(name + ".key"), "-out", File(name + ".csr")});
    Run({"x509", "-req", "-in", File(name + ".csr"), "-CA", File("ca.pem"), "-CAkey", File("ca.key"), "-CAcreateserial",
         "-days", "2", "-extfile", File(name + ".ext"), "-out", File(name + ".pem")});
  }

  void Run(const std::vector<std::string>& arguments) {
    testing::Process::Options options;
    options.argv = {"/usr/bin/openssl"};
    options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
    options.stderr_path = File("openssl.log");
    if (Must(testing::Process::Start(options))->Wait(absl::Seconds(30)) != 0) {
      throw std::runtime_error("openssl: " + Read("openssl.log"));
    }
  }

  testing::TempDir dir_;
};

class TlsTest : public E2eTest {
 protected:
  void SetUp() override { StartSandbox(Pace::kFast); }

  void StartGatewayWithTls(bool ask_for_certificates) {
    testing::GatewayOptions options;
    options.server = {"tls:", "  certificate_file: " + certificates_.File("server.pem"),
                      "  private_key_file: " + certificates_.File("server.key")};
    if (ask_for_certificates) options.server.push_back("  client_ca_file: " + certificates_.File("ca.pem"));
    StartGateway(options);
  }

  // A client that trusts the test's authority, with a certificate of its own if `own`.
  std::unique_ptr<Api> TlsApi(bool own) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = certificates_.Read("ca.pem");
    if (own) {
      options.pem_private_key = certificates_.Read("client.key");
      options.pem_cert_chain = certificates_.Read("client.pem");
    }
    return std::make_unique<Api>(gateway().address(), "", grpc::SslCredentials(options));
  }

  Certificates certificates_;
};

TEST_F(TlsTest, CallsGoThroughForAClientThatTrustsTheAuthority) {
  StartGatewayWithTls(false);
  const std::string name = Must(TlsApi(false)->CreateTask(TaskOf("a fox"))).name();
  const TaskStream stream = TlsApi(false)->WatchTask(name);
  EXPECT_TRUE(stream.status.ok()) << stream.status.error_message();
  EXPECT_EQ(CountTerminal(stream.messages), 1);
  EXPECT_EQ(api().GetTask(name).status.error_code(), StatusCode::UNAVAILABLE) << "plain text";
  Api stranger(gateway().address(), "", grpc::SslCredentials({}));
  EXPECT_EQ(stranger.GetTask(name).status.error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(TlsTest, ClientWithoutACertificateIsTurnedAwayWhenOneIsAskedFor) {
  StartGatewayWithTls(true);
  EXPECT_TRUE(TlsApi(true)->CreateGroup("group").ok());
  EXPECT_EQ(TlsApi(false)->CreateGroup("group").status.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(AllBills(), 1);
}

}  // namespace
}  // namespace seedance::e2e
