#include "tests/testing/postgres_process.h"

#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/testing/eventually.h"

namespace seedance::testing {
namespace {

constexpr uid_t kNobody = 65534;

// Debian's folder for the programs of the newest release; empty: none.
std::string FindBinaries() {
  int newest = 0;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
    int release = 0;
    if (absl::SimpleAtoi(entry.path().filename().string(), &release)) newest = std::max(newest, release);
  }
  return newest == 0 ? "" : absl::StrCat("/usr/lib/postgresql/", newest, "/bin/");
}

// PostgreSQL refuses root, and initdb a user without a name. Debian's package makes this one.
uid_t FindUser() {
  if (geteuid() != 0) return geteuid();
  const passwd* postgres = getpwnam("postgres");
  return postgres == nullptr ? kNobody : postgres->pw_uid;
}

}  // namespace

PostgresProcess::PostgresProcess(std::vector<std::string> settings)
    : settings_(std::move(settings)), binaries_(FindBinaries()), user_(FindUser()) {}

absl::StatusOr<std::unique_ptr<PostgresProcess>> PostgresProcess::Create(const std::vector<std::string>& settings,
                                                                         const std::string& encoding) {
  auto server = std::unique_ptr<PostgresProcess>(new PostgresProcess(settings));
  if (const absl::Status made = server->MakeCluster(encoding); !made.ok()) return made;
  if (const absl::Status started = server->Start(); !started.ok()) return started;
  return server;
}

PostgresProcess::~PostgresProcess() { StopAtOnce(); }

PostgresProcess& PostgresProcess::Shared() {
  static const std::unique_ptr<PostgresProcess> shared = [] {
    absl::StatusOr<std::unique_ptr<PostgresProcess>> server = Create();
    if (!server.ok()) {
      fprintf(stderr, "%s\n", std::string(server.status().message()).c_str());
      abort();
    }
    return *std::move(server);
  }();
  return *shared;
}

std::string PostgresProcess::ConnectionThrough(const std::string& folder) {
  return absl::StrCat("host='", folder, "' user=gateway dbname=postgres");
}

std::vector<std::string> PostgresProcess::AsUser(std::vector<std::string> command) const {
  if (geteuid() != 0) return command;
  const std::string id = absl::StrCat(user_);
  // Changing the user clears the signal that Process asks for; an orphaned server would stay for ever.
  std::vector<std::string> as_user = {"/usr/bin/setpriv", "--reuid",     id,       "--regid", id,
                                      "--clear-groups",   "--pdeathsig", "SIGQUIT"};
  as_user.insert(as_user.end(), command.begin(), command.end());
  return as_user;
}

absl::Status PostgresProcess::MakeCluster(const std::string& encoding) {
  if (binaries_.empty()) {
    return absl::NotFoundError(
        "PostgreSQL is not installed (/usr/lib/postgresql); deploy/install-dependencies --tests installs it");
  }
  if (geteuid() == 0 && chown(folder().c_str(), user_, user_) != 0)
    return absl::InternalError("cannot give away a folder");
  Process::Options options;
  options.argv = AsUser({binaries_ + "initdb", "--pgdata", folder_.File("data"), "--username", "gateway", "--auth",
                         "trust", "--encoding", encoding, "--locale", encoding == "UTF8" ? "C.UTF-8" : "C", "--no-sync",
                         "--no-instructions"});
  options.stdout_path = options.stderr_path = folder_.File("initdb.log");
  auto initdb = Process::Start(options);
  if (!initdb.ok()) return initdb.status();
  if ((*initdb)->Wait(absl::Minutes(2)) == 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("initdb failed: ", ReadFile(folder_.File("initdb.log"))));
}

absl::Status PostgresProcess::Start(const std::vector<std::string>& settings) {
  std::vector<std::string> command = {binaries_ + "postgres", "-D", folder_.File("data")};
  std::vector<std::string> all = {"listen_addresses=", "port=5432", "fsync=on", "shared_buffers=16MB",
                                  absl::StrCat("unix_socket_directories=", folder())};
  all.insert(all.end(), settings_.begin(), settings_.end());
  all.insert(all.end(), settings.begin(), settings.end());
  for (const std::string& setting : all) command.insert(command.end(), {"-c", setting});
  Process::Options options;
  options.argv = AsUser(std::move(command));
  options.stdout_path = options.stderr_path = folder_.File("server.log");
  auto server = Process::Start(options);
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  // The sixth line or later of the file says how far it is.
  const auto ready = [&] { return absl::StrContains(ReadFile(folder_.File("data/postmaster.pid")), "\nready"); };
  if (Eventually([&] { return ready() || !server_->running(); }, absl::Minutes(1)) && ready()) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("postgres did not start: ", Log()));
}

void PostgresProcess::StopAtOnce() {
  if (server_ == nullptr) return;
  server_->Kill(SIGQUIT);
  server_->Wait(absl::Minutes(1));
  server_.reset();
}

std::string PostgresProcess::Log() const { return ReadFile(folder_.File("server.log")); }

}  // namespace seedance::testing
