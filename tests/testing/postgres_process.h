#ifndef SEEDANCE_TESTS_TESTING_POSTGRES_PROCESS_H_
#define SEEDANCE_TESTS_TESTING_POSTGRES_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"

namespace seedance::testing {

// A PostgreSQL server with a new database cluster in a temporary folder, which makes commits durable (fsync) and
// listens on a Unix socket in the folder only. Started by root it runs as user `postgres`, because it refuses root. It
// ends when this object goes away or the thread that started it ends. Not thread-safe.
class PostgresProcess {
 public:
  // `settings`: more of postgresql.conf (`max_connections=5`). `encoding` of the databases. NOT_FOUND, with a plain
  // text, when PostgreSQL is not installed.
  static absl::StatusOr<std::unique_ptr<PostgresProcess>> Create(const std::vector<std::string>& settings = {},
                                                                 const std::string& encoding = "UTF8");
  ~PostgresProcess();
  PostgresProcess(const PostgresProcess&) = delete;
  PostgresProcess& operator=(const PostgresProcess&) = delete;

  // One server for the whole test binary. Aborts, with the reason, when there is none.
  static PostgresProcess& Shared();

  // libpq's keywords and values; the user is a superuser.
  std::string connection() const { return ConnectionThrough(folder()); }
  // The same through a socket `.s.PGSQL.5432` in another folder.
  static std::string ConnectionThrough(const std::string& folder);
  const std::string& folder() const { return folder_.path(); }

  // Ends every session at once and stops without a checkpoint, as a crash does.
  void StopAtOnce();
  // Starts it again; `settings` are added to those of Create.
  absl::Status Start(const std::vector<std::string>& settings = {});
  // The processes of the server, for signals.
  pid_t pid() const { return server_->pid(); }

  std::string Log() const;

 private:
  explicit PostgresProcess(std::vector<std::string> settings);
  absl::Status MakeCluster(const std::string& encoding);
  // The command as a user that PostgreSQL accepts.
  std::vector<std::string> AsUser(std::vector<std::string> command) const;

  const std::vector<std::string> settings_;
  const std::string binaries_;
  const uid_t user_;
  TempDir folder_;
  std::unique_ptr<Process> server_;
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_TESTING_POSTGRES_PROCESS_H_
