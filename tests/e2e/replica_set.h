#ifndef SEEDANCE_TESTS_E2E_REPLICA_SET_H_
#define SEEDANCE_TESTS_E2E_REPLICA_SET_H_

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/fixture.h"
#include "tests/testing/postgres_process.h"

namespace seedance::e2e {

// A gateway of several that share a schema, and its client.
struct Replica {
  std::unique_ptr<testing::GatewayProcess> process;
  std::unique_ptr<Api> api;
};

// Gateways over a schema of their own.
class ReplicaSet {
 public:
  static constexpr absl::Duration kLease = absl::Seconds(3);

  // Starts `count` in front of the vendor that `options` name, one after the other. `connection`: of their database;
  // empty: that of the test binary.
  void Start(testing::GatewayOptions options, int count = 3, const std::string& connection = "",
             absl::Duration lease = kLease) {
    static int schemas = 0;
    const std::string database = connection.empty() ? testing::PostgresProcess::Shared().connection() : connection;
    options.postgres = {absl::StrCat("connection: \"", database, "\""), absl::StrCat("schema: replicas_", ++schemas),
                        absl::StrCat("replicas: {lease: ", absl::ToInt64Seconds(lease), "s}")};
    for (int i = 0; i < count; ++i) {
      Replica replica;
      replica.process = Must(testing::GatewayProcess::Start(options));
      replica.api = std::make_unique<Api>(replica.process->address(), "");
      replicas_.push_back(std::move(replica));
    }
  }

  // For the end of a test: no sanitizer has complained; after a failure, what they logged.
  void ExpectClean() {
    for (Replica& replica : replicas_) {
      EXPECT_THAT(replica.process->SanitizerReports(), ::testing::IsEmpty());
      if (::testing::Test::HasFailure()) std::cout << "---- log ----\n" << replica.process->Log() << "\n";
    }
  }

  Replica& operator[](size_t i) { return replicas_[i]; }
  size_t size() const { return replicas_.size(); }
  auto begin() { return replicas_.begin(); }
  auto end() { return replicas_.end(); }

 private:
  std::vector<Replica> replicas_;
};

}  // namespace seedance::e2e

#endif  // SEEDANCE_TESTS_E2E_REPLICA_SET_H_
