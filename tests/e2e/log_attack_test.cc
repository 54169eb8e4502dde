// The log under a peer that wants to forge lines in it, or to fill the disk with it. The peer has no token.
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/e2e/fixture.h"
#include "tests/testing/raw_http2.h"

namespace seedance::e2e {
namespace {

constexpr char kGet[] = "/seedance.gateway.v1.GenerationTaskService/GetGenerationTask";
constexpr char kForged[] = "x\n{\"level\":\"info\",\"event\":\"call\",\"tenant\":\"forged\",\"code\":\"OK\"}\n\x1b[2J";

class LogAttackTest : public E2eTest {
 protected:
  void SetUp() override {
    StartSandbox(Pace::kFast);
    testing::GatewayOptions options;
    options.tenants = {{"studio", {"secret"}}};
    options.log_level = "info";
    StartGateway(options);
  }

  // What the gateway has written; fails the test if a line is not one JSON object.
  std::vector<nlohmann::json> Lines() {
    std::vector<nlohmann::json> lines;
    std::istringstream log(gateway().Log());
    for (std::string line; std::getline(log, line);) {
      lines.push_back(nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false));
      EXPECT_TRUE(lines.back().is_object()) << line;
      EXPECT_LE(line.size(), 17u << 10);
    }
    return lines;
  }
  int64_t Count(const std::string& key, const std::string& value) {
    int64_t count = 0;
    for (const nlohmann::json& line : Lines()) count += line.value(key, "") == value ? 1 : 0;
    return count;
  }
};

TEST_F(LogAttackTest, HeadersCanNeitherForgeLinesNorFillTheLogAndHonestCallsAreLogged) {
  constexpr int kConnections = 20;
  constexpr int kCalls = 500;
  size_t sent = 0;
  for (int i = 0; i < kConnections; ++i) {
    testing::RawHttp2 peer(gateway().address());
    sent += peer.Flood(kGet, {{"te", kForged}, {"grpc-timeout", kForged}, {"x-junk", "\xff\xfe\n"}}, kCalls);
    testing::RawHttp2 stranger(gateway().address());
    sent += stranger.Flood(kGet, {{"te", "trailers"}, {"content-type", "application/grpc"}}, kCalls);
    EXPECT_TRUE(api().ListTasks({}).ok());
  }
  EXPECT_GT(sent, size_t{2} << 20);
  EXPECT_EQ(Must(gateway().Stop(SIGTERM)), 0);
  EXPECT_GT(Count("event", "library_log"), 0) << "gRPC has complained";
  EXPECT_EQ(Count("tenant", "forged"), 0);
  EXPECT_EQ(Count("code", "OK"), kConnections);
  EXPECT_GT(Count("event", "log_lines_dropped"), 0);
  uint64_t dropped = 0;
  for (const nlohmann::json& line : Lines()) {
    if (line.value("kind", "") == "grpc:hpack_parser.cc") dropped += line.value("dropped", uint64_t{0});
  }
  EXPECT_GT(dropped, 100u);
  EXPECT_LT(gateway().Log().size(), sent / 2);
}

}  // namespace
}  // namespace seedance::e2e
