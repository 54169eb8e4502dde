#ifndef SEEDANCE_SERVICE_STORE_SQL_RAW_STORE_H_
#define SEEDANCE_SERVICE_STORE_SQL_RAW_STORE_H_

#include <memory>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "service/store/sql/session.h"

namespace seedance::store::sql {

// An open database as it is, without the rules of Store; no gateway uses it meanwhile.
class RawStore {
 public:
  using Work = absl::FunctionRef<absl::Status(Session&)>;

  virtual ~RawStore() = default;
  // Runs `read` on a connection. Returns its result, or an error of the database.
  virtual absl::Status Read(Work read) = 0;
  // Runs `write` in a transaction. OK after a durable commit; an error of `write` is returned, and undoes it.
  virtual absl::Status Write(Work write) = 0;
};

// What opening a store says that was copied to another one (CopyStore).
inline absl::Status MovedAway() {
  return absl::FailedPreconditionError(
      "it was copied to another store with --copy-store-to, and that one is to be used: what gateways of both send is "
      "paid twice. deploy/replicas.md says how to go back");
}

// That of a Backend (sql_store.h).
template <typename Backend>
class RawStoreOf final : public RawStore {
 public:
  explicit RawStoreOf(std::unique_ptr<Backend> backend) : backend_(std::move(backend)) {}

  absl::Status Read(Work read) override {
    return backend_->Read([&](Session& session) { return read(session); });
  }
  absl::Status Write(Work write) override {
    return backend_->Write([&](Session& session) { return write(session); });
  }

 private:
  const std::unique_ptr<Backend> backend_;
};

}  // namespace seedance::store::sql

#endif  // SEEDANCE_SERVICE_STORE_SQL_RAW_STORE_H_
