#ifndef SEEDANCE_TESTS_TESTING_GATEWAY_PROCESS_H_
#define SEEDANCE_TESTS_TESTING_GATEWAY_PROCESS_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/testing/process.h"
#include "tests/testing/temp_dir.h"

namespace seedance::testing {

// What the gateway's configuration says besides its defaults.
struct GatewayOptions {
  struct Tenant {
    std::string name;
    std::vector<std::string> tokens = {};        // In clear; written as SHA-256.
    std::vector<std::string> certificates = {};  // Of `client_certificate`, each `kind: value`.
  };

  std::string sandbox_url = {};      // `http://host:port` of the vendor. Required.
  std::string dialect = "anyfast";   // Or `piapi`.
  std::string upstream = "anyfast";  // Name of the upstream.
  std::string key = "sandbox-key";   // Reaches the gateway by an environment variable.
  std::string sqlite_path = {};      // Empty: a file in the gateway's own temporary folder.
  std::string listen = {};           // `host:port`; empty: a free port of 127.0.0.1.
  std::string admin_address = {};    // The same, for the admin server, if there is one.
  std::vector<Tenant> tenants = {};  // Empty: one tenant without a token.
  std::string log_level = "debug";
  absl::Duration poll_interval_queued = absl::Milliseconds(50);
  absl::Duration poll_interval_running = absl::Milliseconds(50);
  absl::Duration poll_interval_asset = absl::Milliseconds(50);
  absl::Duration poll_interval_unwatched = absl::Milliseconds(50);
  absl::Duration drain_grace = absl::Seconds(2);
  bool admin = false;     // Run the admin server; webhooks and staging do so too.
  bool webhooks = false;  // Ask the vendor for webhooks.
  bool staging = false;   // Serve files to vendors from a folder of its own.
  // Calls a second. High, because most tests are about something else.
  double polls_per_second = 10000;
  double submits_per_second = 10000;
  // More lines of the sections `server`, `store.sqlite`, `tasks`, `media_fetch`, `transfers`, of the upstream, its
  // `rate`, its dialect and its `http`, each `name: value`.
  std::vector<std::string> server = {};
  std::vector<std::string> sqlite = {};
  std::vector<std::string> postgres = {};  // Of `store.postgres`, which then is the store.
  std::vector<std::string> tasks = {};
  std::vector<std::string> media_fetch = {};
  std::vector<std::string> transfers = {};
  std::vector<std::string> upstream_lines = {};
  std::vector<std::string> rate = {};
  std::vector<std::string> dialect_lines = {};
  std::vector<std::string> http = {};
  std::map<std::string, std::string> env = {};
  // Its folder may be written by every user, for a wrapper that changes the user.
  bool open_to_all = false;
  // A command that becomes the gateway, whose command line follows it: a whole path, then its arguments.
  std::vector<std::string> wrapper = {};
};

// A seedance-gateway of its own: configuration, store and port. Not thread-safe.
class GatewayProcess {
 public:
  // Writes the configuration, starts the binary on a free port and waits until it listens.
  static absl::StatusOr<std::unique_ptr<GatewayProcess>> Start(const GatewayOptions& options);

  // The same, but returns at once: for a gateway that waits for the store of another. `options.listen` is required.
  static absl::StatusOr<std::unique_ptr<GatewayProcess>> StartWaiting(const GatewayOptions& options);
  // Whether it listens yet.
  bool Listens() const;

  // `host:port` of the gRPC server; the same after Restart.
  const std::string& address() const { return address_; }
  // `host:port` of the admin server, if there is one.
  const std::string& admin_address() const { return admin_address_; }
  // Where the vendor sends its webhooks, and with which secret.
  std::string webhook_path() const;
  static std::string webhook_secret();
  const std::string& sqlite_path() const { return sqlite_path_; }
  const std::string& config_path() const { return config_path_; }
  Process& process() { return *process_; }
  // What it wrote to standard error so far, over all restarts: its log.
  std::string Log() const;
  // Lines of the log with which a sanitizer reports something.
  std::vector<std::string> SanitizerReports() const;

  // Ends the process with `signal` and waits until it is gone: its exit code, or DEADLINE_EXCEEDED.
  absl::StatusOr<int> Stop(int signal, absl::Duration deadline = absl::Seconds(30));

  // Starts it again, after it was stopped, on the same port and store, with these arguments besides the configuration.
  absl::Status Restart(const std::vector<std::string>& arguments = {});

  // Runs the binary on the same configuration with these arguments to its end, beside the process if that runs.
  struct Finished {
    int code = 0;
    std::string output;  // Of standard output, then of standard error.
  };
  absl::StatusOr<Finished> RunCommand(const std::vector<std::string>& arguments);

 private:
  explicit GatewayProcess(const GatewayOptions& options);
  absl::Status Launch(const std::vector<std::string>& arguments = {});
  // Starts the binary.
  absl::Status Spawn(const std::vector<std::string>& arguments = {});
  Process::Options Command(const std::vector<std::string>& arguments) const;

  const GatewayOptions options_;
  TempDir dir_;
  std::string sqlite_path_;
  std::string config_path_;
  std::string address_;        // Empty before the first start.
  std::string admin_address_;  // Chosen before the start, because the vendor is told of it.
  std::unique_ptr<Process> process_;
};

// `127.0.0.1:port` with a port that was free a moment ago.
std::string FreeAddress();

// Where a configuration points to.
struct GatewayPlaces {
  std::string listen;
  std::string port_file;
  std::string sqlite_path;
  std::string admin_address;      // Empty: no admin server.
  std::string staging_directory;  // With `staging`.
};

// Path of the binary.
std::string GatewayBinary();

// The YAML text of a configuration.
std::string GatewayConfigYaml(const GatewayOptions& options, const GatewayPlaces& places);

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_TESTING_GATEWAY_PROCESS_H_
