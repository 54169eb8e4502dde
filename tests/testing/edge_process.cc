#include "tests/testing/edge_process.h"

#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/testing/eventually.h"
#include "tests/testing/gateway_process.h"
#include "tests/testing/loopback.h"

namespace seedance::testing {
namespace {

constexpr char kNginx[] = "/usr/sbin/nginx";

std::string PortOf(const std::string& address) { return address.substr(address.rfind(':') + 1); }

// Whether a port of 127.0.0.1 accepts connections.
bool Accepts(const std::string& port) {
  int number = 0;
  if (!absl::SimpleAtoi(port, &number)) return false;
  const int fd = ConnectLoopback(port);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<EdgeProcess>> EdgeProcess::Start(const std::string& gateway,
                                                                const std::vector<std::string>& values) {
  auto edge = std::unique_ptr<EdgeProcess>(new EdgeProcess);
  edge->address_ = FreeAddress();
  if (const absl::Status configured = edge->Configure(gateway, values); !configured.ok()) return configured;
  Process::Options options;
  options.argv = {kNginx, "-e", edge->dir_.File("error.log"), "-c", edge->dir_.File("edge.conf")};
  options.stdout_path = options.stderr_path = edge->dir_.File("log");
  auto started = Process::Start(options);
  if (!started.ok()) return started.status();
  edge->process_ = *std::move(started);
  const std::string port = PortOf(edge->address_);
  if (!Eventually([&] { return Accepts(port) || !edge->process_->running(); }) || !edge->process_->running()) {
    return absl::UnavailableError(absl::StrCat("nginx did not start: ", edge->Log()));
  }
  return edge;
}

EdgeProcess::~EdgeProcess() {
  if (process_ == nullptr) return;
  process_->Kill(SIGTERM);  // SIGKILL would leave the workers behind.
  (void)process_->Wait(absl::Seconds(10));
}

absl::Status EdgeProcess::Configure(const std::string& gateway, const std::vector<std::string>& values) {
  const std::string certificate = dir_.File("certificate.pem");
  const std::string key = dir_.File("key.pem");
  const absl::Status made = Run({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                 "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                                 "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate},
                                "");
  if (!made.ok()) return made;
  std::vector<std::string> argv = {SEEDANCE_EDGE_CONFIGURE,
                                   absl::StrCat("CERTIFICATE=", certificate),
                                   absl::StrCat("PRIVATE_KEY=", key),
                                   absl::StrCat("STATE=", dir_.path()),
                                   absl::StrCat("LISTEN=", address_),
                                   absl::StrCat("GATEWAY=", gateway),
                                   "WORKERS=2",
                                   "FILES_PER_WORKER=1000"};
  argv.insert(argv.end(), values.begin(), values.end());
  return Run(argv, dir_.File("edge.conf"));
}

absl::Status EdgeProcess::Run(const std::vector<std::string>& argv, const std::string& stdout_path) {
  Process::Options options;
  options.argv = argv;
  options.stdout_path = stdout_path;
  options.stderr_path = dir_.File("log");
  auto process = Process::Start(options);
  if (!process.ok()) return process.status();
  if ((*process)->Wait(absl::Seconds(30)) == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(argv.front(), ": ", Log()));
}

int64_t EdgeProcess::ResidentBytes() const {
  std::ifstream children(absl::StrCat("/proc/", process_->pid(), "/task/", process_->pid(), "/children"));
  int64_t bytes = 0;
  for (pid_t worker = 0; children >> worker;) {
    std::ifstream statm(absl::StrCat("/proc/", worker, "/statm"));
    int64_t total = 0;
    int64_t resident = 0;
    statm >> total >> resident;
    bytes += resident * sysconf(_SC_PAGESIZE);
  }
  return bytes;
}

int EdgeProcess::BufferFiles() const {
  int files = 0;
  for (const char* folder : {"body", "proxy"}) {
    const std::filesystem::recursive_directory_iterator entries(dir_.File(folder));
    files += static_cast<int>(std::distance(begin(entries), end(entries)));
  }
  return files;
}

}  // namespace seedance::testing
