#ifndef SEEDANCE_TESTS_SANDBOX_WORLD_LEDGER_H_
#define SEEDANCE_TESTS_SANDBOX_WORLD_LEDGER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/base/mutex.h"

namespace seedance::sandbox {

// One line of the vendor's bill.
struct LedgerRow {
  int64_t seq = 0;       // From 1, bills and refunds together, without gaps.
  std::string key;       // Vendor key that pays.
  std::string action;    // CreateAssetGroup, CreateAsset, CreateTask.
  std::string model;     // Billing model.
  std::string resource;  // Id of what was created.
  absl::Time time;       // Virtual.
};

// What the vendor would charge: a bill for every accepted billed call, a refund for every failed task. Thread-safe.
class Ledger {
 public:
  // `row.seq` is set by the ledger.
  void Bill(LedgerRow row);
  void Refund(LedgerRow row);

  // A call that was refused; nothing is billed.
  void Refuse(LedgerRow row);

  std::vector<LedgerRow> Bills();
  std::vector<LedgerRow> Refunds();
  std::vector<LedgerRow> Refusals();

  void Reset();

 private:
  base::Mutex mutex_;
  int64_t last_seq_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<LedgerRow> bills_ ABSL_GUARDED_BY(mutex_);
  std::vector<LedgerRow> refunds_ ABSL_GUARDED_BY(mutex_);
  std::vector<LedgerRow> refusals_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WORLD_LEDGER_H_
