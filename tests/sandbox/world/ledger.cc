#include "tests/sandbox/world/ledger.h"

#include <utility>

namespace seedance::sandbox {

void Ledger::Bill(LedgerRow row) {
  base::MutexLock lock(mutex_);
  row.seq = ++last_seq_;
  bills_.push_back(std::move(row));
}

void Ledger::Refund(LedgerRow row) {
  base::MutexLock lock(mutex_);
  row.seq = ++last_seq_;
  refunds_.push_back(std::move(row));
}

void Ledger::Refuse(LedgerRow row) {
  base::MutexLock lock(mutex_);
  refusals_.push_back(std::move(row));
}

std::vector<LedgerRow> Ledger::Bills() {
  base::MutexLock lock(mutex_);
  return bills_;
}

std::vector<LedgerRow> Ledger::Refunds() {
  base::MutexLock lock(mutex_);
  return refunds_;
}

std::vector<LedgerRow> Ledger::Refusals() {
  base::MutexLock lock(mutex_);
  return refusals_;
}

void Ledger::Reset() {
  base::MutexLock lock(mutex_);
  last_seq_ = 0;
  bills_.clear();
  refunds_.clear();
  refusals_.clear();
}

}  // namespace seedance::sandbox
