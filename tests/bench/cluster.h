#ifndef SEEDANCE_TESTS_BENCH_CLUSTER_H_
#define SEEDANCE_TESTS_BENCH_CLUSTER_H_

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tests/bench/bench_stack.h"
#include "tests/testing/eventually.h"
#include "tests/testing/postgres_process.h"

namespace seedance::bench {

// Gateways in front of one sandbox, in a schema of their own or with a database file.
class Cluster {
 public:
  // `replicas` 0: one gateway on SQLite.
  static absl::StatusOr<std::unique_ptr<Cluster>> Start(const std::string& sandbox_url, int replicas,
                                                        const std::string& schema,
                                                        testing::GatewayOptions options = FastGateway()) {
    auto cluster = std::make_unique<Cluster>();
    options.sandbox_url = sandbox_url;
    if (replicas > 0) {
      options.postgres = {absl::StrCat("connection: \"", testing::PostgresProcess::Shared().connection(), "\""),
                          absl::StrCat("schema: ", schema), "replicas: {lease: 6s}"};
    }
    for (int i = 0; i < std::max(replicas, 1); ++i) {
      auto gateway = testing::GatewayProcess::Start(options);
      if (!gateway.ok()) return gateway.status();
      cluster->gateways_.push_back(*std::move(gateway));
      cluster->apis_.push_back(std::make_unique<e2e::Api>(cluster->gateways_.back()->address(), ""));
    }
    // A gateway has no shard at first.
    for (const auto& api : cluster->apis_) {
      if (!testing::Eventually([&] { return Create(*api).ok(); }, absl::Minutes(1))) {
        return absl::UnavailableError("a gateway creates no task");
      }
    }
    return cluster;
  }

  static e2e::Answer<gateway::v1::GenerationTask> Create(e2e::Api& api) {
    gateway::v1::GenerationTask task;
    task.set_prompt(std::string(200, 'x'));
    return api.CreateTask(task);
  }
  e2e::Api& Of(int slot) { return *apis_[static_cast<size_t>(slot) % apis_.size()]; }
  testing::GatewayProcess& Gateway(int slot) { return *gateways_[static_cast<size_t>(slot) % gateways_.size()]; }

 private:
  std::vector<std::unique_ptr<testing::GatewayProcess>> gateways_;
  std::vector<std::unique_ptr<e2e::Api>> apis_;
};

}  // namespace seedance::bench

#endif  // SEEDANCE_TESTS_BENCH_CLUSTER_H_
