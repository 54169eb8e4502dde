#ifndef SEEDANCE_SERVICE_STORE_POSTGRES_POSTGRES_ERROR_H_
#define SEEDANCE_SERVICE_STORE_POSTGRES_POSTGRES_ERROR_H_

#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"

namespace seedance::store::postgres {

// An error of the server, or of the connection to it. Thrown by Connection and Query; those who lend connections catch
// it.
//
// Tests: tests/unit/store/postgres/postgres_error_test.cc
class PostgresError : public std::exception {
 public:
  // SQLSTATE of an error that the server did not give: the connection ended; no answer came in time.
  static constexpr char kConnectionLost[] = "08006";
  static constexpr char kNoAnswer[] = "08007";

  // `lost`: the connection is unusable, and an open transaction is rolled back or its COMMIT unknown.
  PostgresError(std::string sqlstate, std::string message, bool lost)
      : sqlstate_(std::move(sqlstate)), message_(std::move(message)), lost_(lost) {}

  const char* what() const noexcept override { return message_.c_str(); }
  const std::string& sqlstate() const { return sqlstate_; }
  bool lost() const { return lost_; }

 private:
  std::string sqlstate_;
  std::string message_;
  bool lost_;
};

// Metadata `cause` of an SQLSTATE: `disk_full`, `read_only`, `connection_lost` and so on. Never empty.
std::string_view CauseOf(std::string_view sqlstate);

// base::StoreUnavailable with CauseOf in metadata `cause`; the server's own text is logged only.
absl::Status StatusOf(const PostgresError& error);

// The SQLSTATE in libpq's text of a failed connection (`FATAL:  53300: ...`), for which it has no other interface.
// kConnectionLost when there is none.
std::string SqlstateIn(std::string_view message);

}  // namespace seedance::store::postgres

#endif  // SEEDANCE_SERVICE_STORE_POSTGRES_POSTGRES_ERROR_H_
