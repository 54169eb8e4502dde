#include "service/server/server.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "absl/strings/str_cat.h"
#include "seedance/gateway/v1/asset.grpc.pb.h"
#include "service/base/log.h"
#include "service/base/random.h"
#include "service/base/sha256.h"
#include "service/store/sqlite/sqlite_store.h"
#include "tests/testing/eventually.h"
#include "tests/testing/patient_client.h"
#include "tests/testing/temp_dir.h"

namespace seedance::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

using ::seedance::testing::Eventually;

constexpr absl::Duration kPatience = absl::Seconds(20);

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    setenv("KEY", "key", 1);
    setenv("HOOK", "hush", 1);
  }

  // A gateway whose `admin` section has these fields too.
  absl::StatusOr<std::unique_ptr<Server>> Start(const std::string& admin) {
    const auto config = config::ParseConfig(
        absl::StrCat("server: {listen: '127.0.0.1:0', drain_grace: 30s}\n", "store: {sqlite: {path: '",
                     dir_.File("gateway.db"), "'}}\n", "admin: {listen: '127.0.0.1:0', ", admin, "}\n",
                     "upstreams: [{name: pi, piapi: {api_key: {env: KEY}, webhook_secret: {env: HOOK}}}]\n"));
    if (!config.ok()) return config.status();
    return Server::Start(*config, base::RealClock(), base::SystemRandom());
  }

  static httplib::Result Get(const std::string& address, const std::string& path) {
    return httplib::Client("http://" + address).Get(path);
  }

  testing::TempDir dir_;
};

constexpr char kPublic[] = "public_base_url: 'https://gw.example.com'";

TEST_F(ServerTest, AdminServerAnswersOnceTheGatewayServes) {
  const auto server = Start(absl::StrCat(kPublic, ", port_file: '", dir_.File("admin"), "'"));
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ(testing::ReadFile(dir_.File("admin")), (*server)->admin_address() + "\n");
  EXPECT_NE((*server)->admin_address(), (*server)->address());
  EXPECT_EQ(Get((*server)->admin_address(), "/livez")->status, 200);
  EXPECT_EQ(Get((*server)->admin_address(), "/readyz")->status, 200);
}

TEST_F(ServerTest, WebhooksReachTheEngine) {
  const auto server = Start(kPublic);
  ASSERT_TRUE(server.ok()) << server.status();
  httplib::Client vendor = testing::PatientClient("http://" + (*server)->admin_address());
  const auto post = [&](const std::string& token, const std::string& secret) {
    return vendor.Post("/webhooks/piapi/" + token, {{"x-webhook-secret", secret}}, "{}", "application/json")->status;
  };
  const std::string token = base::Sha256Hex("webhook path\npi\nhush").substr(0, 32);
  EXPECT_EQ(post(token, "hush"), 200);
  EXPECT_EQ(post(token, "guess"), 401);
  EXPECT_EQ(post(std::string(32, '0'), "hush"), 404);
}

TEST_F(ServerTest, StagedFilesAreTakenFromTheirFolder) {
  const auto server = Start(absl::StrCat(kPublic, ", staging: {directory: '", dir_.path(), "'}"));
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ(Get((*server)->admin_address(), absl::StrCat("/staging/", std::string(32, '0'), "/upload.png"))->status,
            404);
}

TEST_F(ServerTest, TheProbePortAnswersProbesOnly) {
  ::testing::internal::CaptureStderr();
  const auto server =
      Start(absl::StrCat(kPublic, ", probe_listen: '127.0.0.1:0', probe_port_file: '", dir_.File("probes"), "'"));
  base::FlushLog();
  const std::string log = ::testing::internal::GetCapturedStderr();
  ASSERT_TRUE(server.ok()) << server.status();
  const std::string probes = (*server)->probe_address();
  EXPECT_EQ(testing::ReadFile(dir_.File("probes")), probes + "\n");
  EXPECT_NE(probes, (*server)->admin_address());
  EXPECT_THAT(log, HasSubstr(absl::StrCat(probes, "\",\"setting\":\"admin.probe_listen\"")));
  EXPECT_THAT(log, HasSubstr(absl::StrCat((*server)->admin_address(), "\",\"setting\":\"admin.listen\"")));
  EXPECT_EQ(Get(probes, "/livez")->status, 200);
  EXPECT_EQ(Get(probes, "/readyz")->status, 200);
  EXPECT_THAT(Get(probes, "/metrics")->body, HasSubstr("seedance_build_info"));
  httplib::Client vendor = testing::PatientClient("http://" + probes);
  EXPECT_EQ(vendor
                .Post("/webhooks/piapi/" + base::Sha256Hex("webhook path\npi\nhush").substr(0, 32),
                      {{"x-webhook-secret", "hush"}}, "{}", "application/json")
                ->status,
            404);
  EXPECT_EQ(Get(probes, "/staging/" + std::string(32, '0') + "/x")->status, 404);
  EXPECT_EQ(Get((*server)->admin_address(), "/livez")->status, 200);
}

// gRPC would inflate it whole before it looks at its size.
TEST_F(ServerTest, ACompressedMessageIsNotInflated) {
  const auto server = Start(kPublic);
  ASSERT_TRUE(server.ok()) << server.status();
  const auto channel = grpc::CreateChannel((*server)->address(), grpc::InsecureChannelCredentials());
  const auto stub = gateway::v1::AssetService::NewStub(channel);
  gateway::v1::ListAssetsRequest request;
  request.set_page_token(std::string(1 << 20, 'x'));
  gateway::v1::ListAssetsResponse response;
  for (const grpc_compression_algorithm algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    grpc::ClientContext context;
    context.set_compression_algorithm(algorithm);
    const grpc::Status status = stub->ListAssets(&context, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr("Compression"));
  }
  grpc::ClientContext context;
  EXPECT_TRUE(stub->ListAssets(&context, {}, &response).ok());
}

TEST_F(ServerTest, ATakenAdminAddressIsNamed) {
  const auto first = Start(kPublic);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto config = config::ParseConfig(absl::StrCat(
      "server: {listen: '127.0.0.1:0'}\nstore: {sqlite: {path: '", dir_.File("other.db"), "'}}\n", "admin: {listen: '",
      (*first)->admin_address(), "'}\n", "upstreams: [{name: pi, piapi: {api_key: {env: KEY}}}]\n"));
  ASSERT_TRUE(config.ok()) << config.status();
  const auto taken = Server::Start(*config, base::RealClock(), base::SystemRandom());
  EXPECT_THAT(std::string(taken.status().message()), StartsWith("admin.listen: cannot listen on"));
  EXPECT_THAT(std::string(taken.status().message()), HasSubstr((*first)->admin_address()));
}

TEST_F(ServerTest, NotReadyWhenItsDatabaseIsGone) {
  const auto server = Start(kPublic);
  ASSERT_TRUE(server.ok()) << server.status();
  const std::string admin = (*server)->admin_address();
  EXPECT_EQ(Get(admin, "/readyz")->body, "ready\n");
  ASSERT_EQ(unlink(dir_.File("gateway.db").c_str()), 0);
  const auto answer = Get(admin, "/readyz");
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->body, "store writes fail: file_removed (checked 0 s ago)\n");
  EXPECT_NE(Get(admin, "/metrics")->body.find("\nseedance_store_sound 0\n"), std::string::npos);
  EXPECT_EQ(Get(admin, "/livez")->status, 200);
}

// A start that waits for the store of another process.
class WaitingServerTest : public ServerTest {
 protected:
  WaitingServerTest() {
    store::sqlite::SqliteOptions options;
    options.path = dir_.File("gateway.db");
    other_ = *store::sqlite::OpenSqliteStore(options);
  }

  absl::StatusOr<std::unique_ptr<Server>> StartWaiting() {
    const auto config = config::ParseConfig(
        absl::StrCat("server: {listen: '127.0.0.1:0'}\nstore: {sqlite: {path: '", dir_.File("gateway.db"),
                     "', wait_for_lock: 600s}}\nadmin: {listen: '127.0.0.1:0', port_file: '", dir_.File("admin"),
                     "', public_base_url: 'https://gw.example.com', staging: {directory: '", dir_.path(), "'}}\n",
                     "upstreams: [{name: pi, piapi: {api_key: {env: KEY}, webhook_secret: {env: HOOK}}}]\n"));
    if (!config.ok()) return config.status();
    return Server::Start(*config, base::RealClock(), base::SystemRandom(), stop_);
  }

  // Of the admin server of the start that waits.
  std::string AdminAddress() {
    std::string address;
    EXPECT_TRUE(Eventually([&] {
      address = testing::ReadFile(dir_.File("admin"));
      return !address.empty() && address.back() == '\n';
    }));
    return address.substr(0, address.find('\n'));
  }

  std::unique_ptr<store::Store> other_;
  const std::shared_ptr<base::CancelToken> stop_ = std::make_shared<base::CancelToken>();
};

TEST_F(WaitingServerTest, IsAliveAndNotReadyUntilItHasTheStore) {
  absl::StatusOr<std::unique_ptr<Server>> server;
  std::thread start([&] { server = StartWaiting(); });
  const std::string admin = AdminAddress();
  EXPECT_TRUE(Eventually([&] {
    const auto answer = Get(admin, "/readyz");
    return answer != nullptr && answer->status == 503 && answer->body == "waiting for the store\n";
  }));
  EXPECT_EQ(Get(admin, "/livez")->status, 200);
  // What needs the store is asked again later by those who want it.
  EXPECT_EQ(Get(admin, absl::StrCat("/staging/", std::string(32, '0'), "/upload.png"))->status, 503);
  const auto hook = httplib::Client("http://" + admin)
                        .Post("/webhooks/piapi/" + base::Sha256Hex("webhook path\npi\nhush").substr(0, 32),
                              {{"x-webhook-secret", "hush"}}, "{}", "application/json");
  EXPECT_EQ(hook->status, 503);
  EXPECT_EQ(hook->get_header_value("Retry-After"), "1");
  other_.reset();
  start.join();
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ((*server)->admin_address(), admin);
  EXPECT_EQ(Get(admin, "/readyz")->status, 200);
  EXPECT_EQ(Get(admin, absl::StrCat("/staging/", std::string(32, '0'), "/upload.png"))->status, 404);
}

TEST_F(WaitingServerTest, AStopEndsTheWait) {
  absl::StatusOr<std::unique_ptr<Server>> server;
  std::thread start([&] { server = StartWaiting(); });
  AdminAddress();
  stop_->Cancel();
  start.join();
  EXPECT_EQ(server.status().code(), absl::StatusCode::kCancelled);
}

TEST_F(ServerTest, NotReadyButAliveWhileCallsEnd) {
  auto server = Start(kPublic);
  ASSERT_TRUE(server.ok()) << server.status();
  const auto stub =
      gateway::v1::AssetService::NewStub(grpc::CreateChannel((*server)->address(), grpc::InsecureChannelCredentials()));
  const std::string admin = (*server)->admin_address();
  grpc::ClientContext context;
  gateway::v1::Asset asset;
  // An upload that has begun holds the stop up.
  const auto upload = stub->UploadAsset(&context, &asset);
  // It has arrived when a later call on the connection is answered.
  grpc::ClientContext list_context;
  gateway::v1::ListAssetsResponse list;
  ASSERT_TRUE(stub->ListAssets(&list_context, {}, &list).ok());
  std::thread stop([&] { (*server)->Shutdown(); });
  const absl::Time end = base::RealClock().Now() + kPatience;
  int ready = 200;
  while (ready == 200 && base::RealClock().Now() < end) ready = Get(admin, "/readyz")->status;
  EXPECT_EQ(ready, 503);
  EXPECT_EQ(Get(admin, "/readyz")->body, "stopping\n");
  EXPECT_EQ(Get(admin, "/livez")->status, 200);
  context.TryCancel();
  upload->Finish();
  stop.join();
}

}  // namespace
}  // namespace seedance::server
