// `seedancectl health`, as a probe.
#include <gmock/gmock.h>

#include <string>

#include "client/cpp/ctl/exit_code.h"
#include "tests/unit/client/ctl/run_fixture.h"

namespace seedance::client::ctl {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using ::testing::HasSubstr;

class HealthCommandTest : public RunTest {
 protected:
  HealthCommandTest() {
    gateway.check_health = [this](const HealthCheckRequest& request, HealthCheckResponse& response) {
      ++calls_;
      service_ = request.service();
      response.set_status(status_);
      return answer_;
    };
  }

  HealthCheckResponse::ServingStatus status_ = HealthCheckResponse::SERVING;
  grpc::Status answer_;
  std::string service_;
  int calls_ = 0;
};

TEST_F(HealthCommandTest, AServerThatServesIsZero) {
  EXPECT_EQ(Ctl({"health"}), 0);
  EXPECT_EQ(out(), "SERVING\n");
  EXPECT_EQ(service_, "");
  EXPECT_EQ(Ctl({"health", "--service", "seedance.gateway.v1.AssetService"}), 0);
  EXPECT_EQ(service_, "seedance.gateway.v1.AssetService");
}

TEST_F(HealthCommandTest, AServerThatStopsIsOne) {
  for (const auto status : {HealthCheckResponse::NOT_SERVING, HealthCheckResponse::UNKNOWN}) {
    status_ = status;
    EXPECT_EQ(Ctl({"health"}), 1);
    EXPECT_EQ(out(), "NOT_SERVING\n");
  }
}

TEST_F(HealthCommandTest, EveryOtherAnswerIsOneAndNoneIsTriedAgain) {
  answer_ = grpc::Status(grpc::StatusCode::NOT_FOUND, "no such service");
  EXPECT_EQ(Ctl({"health", "--service", "x"}), 1);
  EXPECT_THAT(err(), HasSubstr("no such service"));
  answer_ = grpc::Status(grpc::StatusCode::UNAVAILABLE, "not yet");
  calls_ = 0;
  EXPECT_EQ(Ctl({"health"}), 1);
  EXPECT_EQ(calls_, 1);
  EXPECT_EQ(Ctl({"health", "--endpoint", "127.0.0.1:1"}), 1);
  EXPECT_THAT(err(), HasSubstr("tried: 127.0.0.1:1"));
}

TEST_F(HealthCommandTest, TheClientLibraryTellsServingFromUnknown) {
  EXPECT_TRUE(*client->CheckHealth());
  status_ = HealthCheckResponse::NOT_SERVING;
  EXPECT_FALSE(*client->CheckHealth("seedance.gateway.v1.AssetService"));
  answer_ = grpc::Status(grpc::StatusCode::NOT_FOUND, "no such service");
  EXPECT_EQ(client->CheckHealth("x").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace seedance::client::ctl
