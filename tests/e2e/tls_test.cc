// The gateway with a certificate of its own, and with certificates asked of its callers.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/cpp/client.h"
#include "tests/e2e/fixture.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/test_authority.h"

namespace seedance::e2e {
namespace {

using grpc::StatusCode;
using ::testing::AllOf;
using testing::CertificateSpec;
using ::testing::HasSubstr;
using testing::IssuedCertificate;

// How a run of the gateway's binary ended.
struct Ended {
  int code = -1;
  std::string text;  // Of both outputs.
};

class TlsTest : public E2eTest {
 protected:
  void SetUp() override {
    StartSandbox(Pace::kFast);
    Write("ca.pem", authority_.pem());
    WritePair(server_);
  }

  // Atomically, as tools that renew certificates do.
  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(testing::WriteFile(dir_.File(name + ".new"), text));
    chmod(dir_.File(name + ".new").c_str(), 0600);
    std::filesystem::rename(dir_.File(name + ".new"), dir_.File(name));
  }
  // In place: truncates the file, then writes.
  void Overwrite(const std::string& name, const std::string& text) {
    ASSERT_TRUE(testing::WriteFile(dir_.File(name), text));
  }
  void WritePair(const IssuedCertificate& pair) {
    Write("server.pem", pair.certificate);
    Write("server.key", pair.key);
  }

  testing::GatewayOptions Options(bool ask_for_certificates) {
    testing::GatewayOptions options;
    options.sandbox_url = sandbox().url();
    options.server = {"tls:", "  certificate_file: " + dir_.File("server.pem"),
                      "  private_key_file: " + dir_.File("server.key"), "  refresh_interval: 0.05s"};
    if (ask_for_certificates) options.server.push_back("  client_ca_file: " + dir_.File("ca.pem"));
    options.admin = true;
    return options;
  }
  void StartGatewayWithTls(bool ask_for_certificates) { StartGateway(Options(ask_for_certificates)); }

  // A client that trusts the test's authority, with a certificate of its own if `own`, on a connection of its own.
  std::unique_ptr<Api> TlsApi(const IssuedCertificate* own = nullptr, const std::string& token = "") {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = authority_.pem();
    if (own != nullptr) {
      options.pem_private_key = own->key;
      options.pem_cert_chain = own->certificate;
    }
    return std::make_unique<Api>(gateway().address(), token, grpc::SslCredentials(options));
  }
  bool Connects() { return TlsApi()->ListTasks({}).ok(); }
  std::string Serial() { return testing::ServerSerial(gateway().address()); }
  bool Logged(const std::string& text) {
    return Eventually([&] { return gateway().Log().find(text) != std::string::npos; });
  }

  // Runs the binary on a configuration until it ends.
  Ended RunGateway(const testing::GatewayOptions& options, const std::vector<std::string>& flags) {
    const testing::GatewayPlaces places = {"127.0.0.1:0", dir_.File("port"), dir_.File("gateway.db"), "", ""};
    Overwrite("gateway.yaml", testing::GatewayConfigYaml(options, places));
    testing::Process::Options process;
    process.argv = {testing::GatewayBinary(), "--config", dir_.File("gateway.yaml")};
    process.argv.insert(process.argv.end(), flags.begin(), flags.end());
    process.env["SEEDANCE_TEST_VENDOR_KEY"] = "key";
    process.stdout_path = process.stderr_path = dir_.File("output");
    std::remove(dir_.File("output").c_str());
    Ended ended;
    ended.code = Must(testing::Process::Start(process))->Wait(absl::Seconds(30)).value_or(-1);
    ended.text = testing::ReadFile(dir_.File("output"));
    return ended;
  }

  testing::TempDir dir_;
  testing::TestAuthority authority_;
  const IssuedCertificate server_ = authority_.Issue({});
  const IssuedCertificate client_ =
      authority_.Issue({.subject = {{"CN", "client"}}, .alternative_names = "DNS:client"});
};

TEST_F(TlsTest, CallsGoThroughForAClientThatTrustsTheAuthority) {
  StartGatewayWithTls(false);
  const std::string name = Must(TlsApi()->CreateTask(TaskOf("a fox"))).name();
  const TaskStream stream = TlsApi()->WatchTask(name);
  EXPECT_TRUE(stream.status.ok()) << stream.status.error_message();
  EXPECT_EQ(CountTerminal(stream.messages), 1);
  EXPECT_EQ(api().GetTask(name).status.error_code(), StatusCode::UNAVAILABLE) << "plain text";
  Api stranger(gateway().address(), "", grpc::SslCredentials({}));
  EXPECT_EQ(stranger.GetTask(name).status.error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(TlsTest, TheClientLibraryHasACertificateAndANameOfTheServer) {
  StartGatewayWithTls(true);
  Write("client.pem", client_.certificate);
  Write("client.key", client_.key);
  client::ClientOptions options;
  options.endpoint = "127.0.0.1" + gateway().address().substr(gateway().address().rfind(':'));
  options.tls = true;
  options.ca_file = dir_.File("ca.pem");
  options.retry.attempts = 1;
  options.server_name = "localhost";
  const auto health = [&options] { return Must(client::Client::Create(options))->CheckHealth().value_or(false); };
  EXPECT_FALSE(health()) << "without a certificate";
  options.certificate_file = dir_.File("client.pem");
  options.private_key_file = dir_.File("client.key");
  EXPECT_TRUE(health());
  options.server_name = "elsewhere";
  EXPECT_FALSE(health());
}

TEST_F(TlsTest, CallsGoThroughAUnixSocketToo) {
  testing::GatewayOptions options = Options(false);
  options.listen = "unix:" + dir_.File("socket");
  StartGateway(options);
  grpc::SslCredentialsOptions client;
  client.pem_root_certs = authority_.pem();
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride("localhost");
  const auto channel = grpc::CreateCustomChannel(options.listen, grpc::SslCredentials(client), arguments);
  EXPECT_TRUE(
      channel->WaitForConnected(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_seconds(30, GPR_TIMESPAN))));
}

TEST_F(TlsTest, ClientWithoutACertificateOfTheAuthorityIsTurnedAwayWhenOneIsAskedFor) {
  StartGatewayWithTls(true);
  EXPECT_TRUE(TlsApi(&client_)->CreateGroup("group").ok());
  EXPECT_EQ(TlsApi()->CreateGroup("group").status.error_code(), StatusCode::UNAVAILABLE);
  testing::TestAuthority other;
  const IssuedCertificate stranger = other.Issue({.subject = {{"CN", "client"}}, .alternative_names = "DNS:client"});
  EXPECT_EQ(TlsApi(&stranger)->CreateGroup("group").status.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(AllBills(), 1);
}

// The process lives and takes connections with the last usable files, whatever is on the disk.
TEST_F(TlsTest, UnusableFilesOnDiskHurtNobodyAndTheNextUsableOnesAreTaken) {
  StartGatewayWithTls(false);
  const std::unique_ptr<Api> old = TlsApi();
  ASSERT_TRUE(old->ListTasks({}).ok());
  const IssuedCertificate next = authority_.Issue({});

  const auto still_served = [&](const std::string& cause) {
    EXPECT_TRUE(Logged(cause)) << cause;
    EXPECT_TRUE(old->ListTasks({}).ok()) << cause;
    EXPECT_TRUE(Connects()) << cause;
    EXPECT_EQ(Serial(), server_.serial) << cause;
  };
  Overwrite("server.key", "");
  still_served("server.key is empty");
  Overwrite("server.key", "garbage");
  still_served("server.key contains no PEM private key");
  Overwrite("server.pem", next.certificate);
  Overwrite("server.key", server_.key);
  still_served("server.key does not belong to the first certificate of the chain");
  Overwrite("server.pem", "garbage");
  still_served("server.pem contains no PEM certificate");
  std::remove(dir_.File("server.key").c_str());
  still_served("server.key cannot be opened");

  WritePair(next);
  EXPECT_TRUE(Eventually([&] { return Serial() == next.serial; }));
  EXPECT_TRUE(Connects());
  EXPECT_TRUE(old->ListTasks({}).ok());
  EXPECT_TRUE(Logged("\"event\":\"tls_files_taken\"")) << next.serial;
  EXPECT_EQ(Must(gateway().Stop(SIGTERM)), 0);
}

TEST_F(TlsTest, ConnectionsThatBeginDuringRotationsAllSucceed) {
  StartGatewayWithTls(false);
  std::vector<IssuedCertificate> issued = {server_};
  for (int i = 0; i < 12; ++i) issued.push_back(authority_.Issue({}));
  std::atomic<bool> done = false;
  std::atomic<int> failed = 0;
  std::atomic<int> connected = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      while (!done) ++(Serial().empty() ? failed : connected);
    });
  }
  for (const IssuedCertificate& each : issued) {
    WritePair(each);
    EXPECT_TRUE(Eventually([&] { return Serial() == each.serial; }));
  }
  done = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(failed, 0);
  EXPECT_GT(connected, 0);
  EXPECT_TRUE(gateway().process().running());
}

TEST_F(TlsTest, EachUnusableContentIsLoggedOnce) {
  StartGatewayWithTls(false);
  Overwrite("server.key", "");
  ASSERT_TRUE(Logged("tls_files_refused"));
  const IssuedCertificate next = authority_.Issue({});
  // Many readings later.
  EXPECT_TRUE(testing::Always([&] { return Connects(); }, absl::Seconds(1)));
  WritePair(next);
  ASSERT_TRUE(Logged("tls_files_taken"));
  const std::string log = gateway().Log();
  EXPECT_EQ(log.find("server.key is empty"), log.rfind("server.key is empty"));
}

TEST_F(TlsTest, NewAuthoritiesOfClientsCountForNewConnections) {
  StartGatewayWithTls(true);
  testing::TestAuthority other;
  const IssuedCertificate newcomer = other.Issue({.subject = {{"CN", "newcomer"}}, .alternative_names = ""});
  ASSERT_TRUE(TlsApi(&client_)->ListTasks({}).ok());
  ASSERT_FALSE(TlsApi(&newcomer)->ListTasks({}).ok());
  Write("ca.pem", other.pem());
  EXPECT_TRUE(Eventually([&] { return TlsApi(&newcomer)->ListTasks({}).ok(); }));
  EXPECT_FALSE(TlsApi(&client_)->ListTasks({}).ok());
}

TEST_F(TlsTest, StartWithUnusableFilesFailsLikeAnyBadConfiguration) {
  const testing::GatewayOptions options = Options(true);
  EXPECT_EQ(RunGateway(options, {"--check-config"}).code, 0);
  const struct {
    const char* file;
    std::string text;
    const char* what;
  } kCases[] = {{"server.key", "", "server.tls.private_key_file"},
                {"server.key", "garbage", "server.tls.private_key_file"},
                {"server.key", client_.key, "does not belong to the first certificate"},
                {"server.key", testing::EncryptKey(server_.key), "is encrypted"},
                {"server.pem", "", "server.tls.certificate_file"},
                {"ca.pem", "garbage", "server.tls.client_ca_file"}};
  for (const auto& each : kCases) {
    WritePair(server_);
    Write("ca.pem", authority_.pem());
    Write(each.file, each.text);
    for (const std::vector<std::string>& flags : {std::vector<std::string>{}, {"--check-config"}}) {
      const Ended ended = RunGateway(options, flags);
      EXPECT_EQ(ended.code, 2) << ended.text;
      EXPECT_THAT(ended.text,
                  AllOf(HasSubstr("cannot be used"), HasSubstr(each.what), HasSubstr(dir_.File(each.file))));
    }
  }
}

TEST_F(TlsTest, CheckFindsDatesAndPermissions) {
  const testing::GatewayOptions options = Options(false);
  WritePair(authority_.Issue({.not_after = absl::Now() - absl::Minutes(1)}));
  Ended ended = RunGateway(options, {"--check-config"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.text, AllOf(HasSubstr("server.tls.certificate_file"), HasSubstr("expired on")));
  WritePair(authority_.Issue({.not_before = absl::Now() + absl::Hours(1)}));
  chmod(dir_.File("server.key").c_str(), 0644);
  ended = RunGateway(options, {"--check-config"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.text, AllOf(HasSubstr("warning: server.tls.certificate_file"), HasSubstr("is not valid yet"),
                                HasSubstr("warning: server.tls.private_key_file"), HasSubstr("is valid\n")));
}

TEST_F(TlsTest, CertificateThatExpiresSoonIsWarnedOfAtTheStart) {
  WritePair(authority_.Issue({.not_after = absl::Now() + absl::Hours(50)}));
  StartGatewayWithTls(false);
  EXPECT_TRUE(Logged("\"event\":\"tls_certificate_expires\""));
  EXPECT_THAT(gateway().Log(), HasSubstr("\"role\":\"server\""));
}

class ClientCertificateTest : public TlsTest {
 protected:
  void SetUp() override {
    TlsTest::SetUp();
    testing::GatewayOptions options = Options(true);
    options.tenants = {
        {.name = "names", .certificates = {"common_name: render farm", "subject: 'CN=full,O=Studio'"}},
        {.name = "others", .certificates = {"dns: render.example.com", "uri: 'spiffe://example.com/render'"}},
        {.name = "mail", .tokens = {"mail-token"}, .certificates = {"email: render@example.com"}},
        {.name = "token", .tokens = {"token"}}};
    StartGateway(options);
  }

  // The tenant of a GetGenerationTask of this task, by the log.
  std::string CallerInLog(const std::string& task) {
    const std::vector<std::string> lines = absl::StrSplit(gateway().Log(), '\n');
    for (const std::string& line : lines) {
      if (!absl::StrContains(line, "\"GetGenerationTask\"") || !absl::StrContains(line, task)) continue;
      const std::vector<std::string> parts = absl::StrSplit(line, "\"tenant\":\"");
      if (parts.size() == 2) return parts[1].substr(0, parts[1].find('"'));
    }
    return "";
  }

  // Whom the gateway takes the owner of such a certificate for, by the log; empty: UNAUTHENTICATED.
  std::string TenantOf(const CertificateSpec& spec, const std::string& token = "") {
    const IssuedCertificate own = authority_.Issue(spec);
    const auto answer = TlsApi(&own, token)->ListTasks({});
    if (answer.status.error_code() == StatusCode::UNAUTHENTICATED) {
      why_ = answer.status.error_message();
      return "";
    }
    const Answer<v1::GenerationTask> made = TlsApi(&own, token)->CreateTask(TaskOf("a fox"));
    if (!made.ok()) return made.status.error_message();
    // The line of a later call, which has the name of the task.
    if (!TlsApi(&own, token)->GetTask(made.value.name()).ok()) return "not its own task";
    std::string tenant;
    EXPECT_TRUE(Eventually([&] { return !(tenant = CallerInLog(made.value.name())).empty(); }));
    return tenant;
  }

  std::string why_;
};

TEST_F(ClientCertificateTest, SaysWhoseTheCallIs) {
  EXPECT_EQ(TenantOf({.subject = {{"CN", "render farm"}}, .alternative_names = ""}), "names");
  EXPECT_EQ(TenantOf({.subject = {{"O", "Studio"}, {"CN", "full"}}, .alternative_names = ""}), "names");
  EXPECT_EQ(TenantOf({.alternative_names = "DNS:x.example.com,DNS:render.example.com"}), "others");
  EXPECT_EQ(TenantOf({.alternative_names = "URI:spiffe://example.com/render"}), "others");
  EXPECT_EQ(TenantOf({.alternative_names = "email:render@example.com"}), "mail");
}

TEST_F(ClientCertificateTest, IsComparedExactlyAndByItsKind) {
  EXPECT_EQ(TenantOf({.subject = {{"CN", "Render Farm"}}, .alternative_names = ""}), "");
  EXPECT_EQ(TenantOf({.subject = {{"CN", "full"}}, .alternative_names = ""}), "");
  EXPECT_EQ(TenantOf({.subject = {{"CN", "render.example.com"}}, .alternative_names = ""}), "");
  EXPECT_EQ(TenantOf({.alternative_names = "DNS:*.example.com"}), "");
  EXPECT_EQ(TenantOf({.alternative_names = "URI:render.example.com"}), "");
  EXPECT_EQ(TenantOf({.alternative_names = "URI:spiffe://example.com/render/"}), "");
  EXPECT_THAT(why_, HasSubstr("or use a client certificate of a tenant"));
}

TEST_F(ClientCertificateTest, AndTokenMustAgree) {
  const CertificateSpec mail = {.alternative_names = "email:render@example.com"};
  EXPECT_EQ(TenantOf(mail, "mail-token"), "mail");
  EXPECT_EQ(TenantOf(mail, "token"), "");
  EXPECT_THAT(why_, HasSubstr("belong to different tenants"));
  EXPECT_EQ(TenantOf(mail, "guess"), "");
  EXPECT_THAT(why_, HasSubstr("token is unknown"));
  EXPECT_EQ(TenantOf({}, "token"), "token") << "a certificate of no tenant leaves it to the token";
}

}  // namespace
}  // namespace seedance::e2e
