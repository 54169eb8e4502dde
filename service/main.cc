#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "service/base/clock.h"
#include "service/config/config.h"
#include "service/server/deadlock_detection.h"
#include "service/server/run.h"
#include "service/server/store_commands.h"
#include "service/server/version.h"

// Tests: tests/e2e/store_honesty_test.cc, tests/unit/server/server_test.cc

namespace {

constexpr int kBadUsage = 2;

int Main(int argc, char** argv) {
  CLI::App app("gRPC gateway to the vendors of Seedance video generation.", "seedance-gateway");
  std::string path;
  bool check = false;
  bool print = false;
  bool accept_data_loss = false;
  bool migrate = false;
  std::string backup;
  std::string restore;
  app.add_option("--config", path, "YAML file, described in seedance/gateway/config/v1/config.proto")->required();
  app.add_flag("--check-config", check, "Check the file and the secrets that it names, then exit");
  app.add_flag("--print-config", print, "Print the file with every default and without secrets, then exit");
  app.add_flag("--migrate", migrate,
               "Migrate the schema of a store in PostgreSQL to this release, then exit; gateways may be running");
  auto* back_up = app.add_option(
      "--backup", backup,
      "Copy the store, if it is in SQLite, to this new file and verify the copy, then exit; a gateway may be running");
  app.add_option("--restore", restore, "Replace the store with this backup, then exit; no gateway may be running")
      ->excludes(back_up);
  app.add_flag("--accept-data-loss", accept_data_loss,
               "Start or restore although the store has lost data; requests that may have been sent since are then "
               "in doubt");
  app.set_version_flag("--version", absl::StrCat("seedance-gateway ", seedance::server::Version(), " (git ",
                                                 seedance::server::GitHash(), ")"));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kBadUsage;
  }
  const absl::StatusOr<seedance::config::GatewayConfig> config = seedance::config::LoadConfig(path);
  if (!config.ok()) {
    std::cerr << path << " cannot be used:\n" << std::string(config.status().message()) << "\n";
    return kBadUsage;
  }
  if (check) {
    const absl::StatusOr<std::string> warnings =
        seedance::config::CheckCertificates(*config, seedance::base::RealClock().Now());
    if (!warnings.ok()) {
      std::cerr << path << " cannot be used:\n" << std::string(warnings.status().message()) << "\n";
      return kBadUsage;
    }
    if (!warnings->empty()) std::cerr << "warning: " << absl::StrReplaceAll(*warnings, {{"\n", "\nwarning: "}}) << "\n";
  }
  if (print) std::cout << seedance::config::PrintConfig(*config);
  if (check && !print) std::cout << path << " is valid\n";
  if (check || print) return 0;
  if (migrate) return seedance::server::MigrateStore(*config);
  if (!backup.empty()) return seedance::server::BackUpStore(*config, backup);
  if (!restore.empty()) return seedance::server::RestoreStore(*config, restore, accept_data_loss);
  return seedance::server::Run(*config, accept_data_loss);
}

}  // namespace

int main(int argc, char** argv) {
  seedance::server::SetDeadlockDetection();
  return Main(argc, argv);
}
