// How connections are made.
#include <gmock/gmock.h>

#include "tests/testing/tcp_gate.h"
#include "tests/unit/client/fixture.h"

namespace seedance::client {
namespace {

using ConnectTest = ClientTest;

TEST_F(ConnectTest, ASlowNetworkHasTimeToConnect) {
  const auto gate = seedance::testing::TcpGate::Start(gateway.endpoint());
  ASSERT_TRUE(gate.ok()) << gate.status();
  seedance::testing::GateWeather slow;
  slow.delay = 1;
  slow.longest_delay = absl::Seconds(1);
  (*gate)->SetWeather(slow);
  gateway.create_group = [](const v1::CreateAssetGroupRequest&, v1::AssetGroup&) { return grpc::Status::OK; };
  const absl::Status status = ClientFor(OptionsFor((*gate)->address()))->CreateAssetGroup({}).status();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ((*gate)->Stats().connections, 1) << "an attempt was given up";
}

}  // namespace
}  // namespace seedance::client
