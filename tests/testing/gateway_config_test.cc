#include <gtest/gtest.h>

#include "tests/testing/gateway_process.h"

namespace seedance::testing {
namespace {

TEST(GatewayConfigTest, SaysWhatTheOptionsSay) {
  GatewayOptions options;
  options.sandbox_url = "http://127.0.0.1:1";
  options.tenants = {{"studio", {"abc"}}};
  options.server = {"heartbeat_interval: 0.1s"};
  options.tasks = {"deadline: 60s"};
  options.http = {"read_timeout: 1s"};
  options.submits_per_second = 10;
  options.rate = {"breaker_failures: 3"};
  EXPECT_EQ(GatewayConfigYaml(options, {"127.0.0.1:0", "/tmp/port", "/tmp/store.db", "", ""}), R"(server:
  listen: "127.0.0.1:0"
  port_file: "/tmp/port"
  drain_grace: 2s
  heartbeat_interval: 0.1s
store:
  sqlite:
    path: "/tmp/store.db"
upstreams:
  - name: anyfast
    rate:
      polls_per_second: 10000
      submits_per_second: 10
      breaker_failures: 3
    anyfast:
      base_url: "http://127.0.0.1:1"
      api_key:
        env: SEEDANCE_TEST_VENDOR_KEY
      allow_plain_http: true
      http:
        read_timeout: 1s
tenants:
  - name: studio
    token_sha256:
      - ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
tasks:
  poll_interval_queued: 0.05s
  poll_interval_running: 0.05s
  poll_interval_asset: 0.05s
  poll_interval_unwatched: 0.05s
  deadline: 60s
log:
  level: debug
)");
}

TEST(GatewayConfigTest, PiApiHasItsUploadItsWebhooksAndTheAdminServer) {
  GatewayOptions options;
  options.sandbox_url = "http://127.0.0.1:1";
  options.dialect = "piapi";
  options.upstream = "second";
  options.webhooks = true;
  options.staging = true;
  options.dialect_lines = {"plan: hobbyist"};
  options.upstream_lines = {"limits: {assets: {max_assets: 3}}"};
  options.media_fetch = {"allow_private_network: true"};
  EXPECT_EQ(GatewayConfigYaml(options, {"127.0.0.1:0", "/tmp/port", "/tmp/store.db", "127.0.0.1:7", "/tmp/staging"}),
            R"(server:
  listen: "127.0.0.1:0"
  port_file: "/tmp/port"
  drain_grace: 2s
store:
  sqlite:
    path: "/tmp/store.db"
upstreams:
  - name: second
    limits: {assets: {max_assets: 3}}
    rate:
      polls_per_second: 10000
      submits_per_second: 10000
    piapi:
      base_url: "http://127.0.0.1:1"
      api_key:
        env: SEEDANCE_TEST_VENDOR_KEY
      allow_plain_http: true
      upload_url: "http://127.0.0.1:1/api/ephemeral_resource"
      webhook_secret:
        env: SEEDANCE_TEST_WEBHOOK_SECRET
      plan: hobbyist
admin:
  listen: "127.0.0.1:7"
  public_base_url: "http://127.0.0.1:7"
  staging:
    directory: "/tmp/staging"
media_fetch:
  allow_private_network: true
tasks:
  poll_interval_queued: 0.05s
  poll_interval_running: 0.05s
  poll_interval_asset: 0.05s
  poll_interval_unwatched: 0.05s
log:
  level: debug
)");
}

}  // namespace
}  // namespace seedance::testing
