#ifndef SEEDANCE_TESTS_CONTRACT_STORE_CONTRACT_H_
#define SEEDANCE_TESTS_CONTRACT_STORE_CONTRACT_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "service/base/error.h"
#include "service/store/store.h"
#include "tests/contract/store_samples.h"

// The promises of store.h as tests. A backend runs them by compiling the store_contract_*.cc files into a binary that
// says INSTANTIATE_TEST_SUITE_P(MyBackend, StoreContract, ::testing::Values(StoreBackendMaker{...})).
namespace seedance::testing {

// One database, empty at first, that a test may open again and again, one store at a time.
class StoreBackend {
 public:
  virtual ~StoreBackend() = default;
  virtual absl::StatusOr<std::unique_ptr<store::Store>> Open() = 0;
};

struct StoreBackendMaker {
  std::string name;
  std::function<std::unique_ptr<StoreBackend>()> make;
};

inline void PrintTo(const StoreBackendMaker& maker, std::ostream* out) { *out << maker.name; }

class StoreContract : public ::testing::TestWithParam<StoreBackendMaker> {
 protected:
  StoreContract() : backend_(GetParam().make()) { Open(); }

  // Closes the store and opens its database again.
  void Reopen() {
    store_.reset();
    Open();
  }

  store::Store& store() { return *store_; }

  // Puts a task into the store, which only BeginEntry can do. Its call has the task's id as request id.
  model::GenerationTask AddTask(const model::GenerationTask& task) {
    model::JournalEntry call = MakeCall(task.id);
    call.key.method = "CreateGenerationTask";
    call.key.tenant = task.tenant;
    call.resource_name = task.name();
    absl::StatusOr<store::Store::Begun> begun = store().BeginEntry(call, &task);
    EXPECT_TRUE(begun.ok()) << begun.status();
    return begun.ok() && begun->task.has_value() ? *begun->task : task;
  }

 private:
  void Open() {
    absl::StatusOr<std::unique_ptr<store::Store>> opened = backend_->Open();
    if (!opened.ok()) {
      ADD_FAILURE() << opened.status();
      abort();  // Nothing of the test can run.
    }
    store_ = *std::move(opened);
  }

  std::unique_ptr<StoreBackend> backend_;
  std::unique_ptr<store::Store> store_;
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_CONTRACT_STORE_CONTRACT_H_
