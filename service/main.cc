#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "service/base/clock.h"
#include "service/base/metric_table.h"
#include "service/config/config.h"
#include "service/config/print_config.h"
#include "service/server/deadlock_detection.h"
#include "service/server/run.h"
#include "service/server/store_commands.h"
#include "service/server/version.h"

// Tests: tests/e2e/store_honesty_test.cc, tests/unit/server/server_test.cc

namespace {

constexpr int kBadUsage = 2;

struct Arguments {
  std::string config;
  bool check = false;
  bool print = false;
  bool all = false;
  bool accept_data_loss = false;
  bool migrate = false;
  std::string backup;
  std::string restore;
  std::string copy_to;
  bool print_metrics = false;
};

void AddOptions(CLI::App& app, Arguments& arguments) {
  app.add_option("--config", arguments.config, "YAML file, described in seedance/gateway/config/v1/config.proto");
  app.add_flag("--check-config", arguments.check, "Check the file and the secrets that it names, then exit");
  auto* print = app.add_flag("--print-config", arguments.print,
                             "Print what differs from the defaults, without secrets, then exit");
  app.add_flag("--all", arguments.all, "With --print-config: print every field")->needs(print);
  app.add_flag("--migrate", arguments.migrate,
               "Migrate the schema of a store in PostgreSQL to this release, then exit; gateways may be running");
  auto* backup = app.add_option(
      "--backup", arguments.backup,
      "Copy the store, if it is in SQLite, to this new file and verify the copy, then exit; a gateway may be running");
  app.add_option("--restore", arguments.restore,
                 "Replace the store with this backup, then exit; no gateway may be running")
      ->excludes(backup);
  app.add_option("--copy-store-to", arguments.copy_to,
                 "Copy the store to the empty store of this other configuration file, in SQLite or PostgreSQL, compare "
                 "them and retire the first, then exit; no gateway may be running")
      ->excludes(backup);
  app.add_flag("--accept-data-loss", arguments.accept_data_loss,
               "Start or restore although the store has lost data; requests that may have been sent since are then "
               "in doubt");
  app.add_flag("--print-metrics", arguments.print_metrics, "Print a table of all metrics in Markdown, then exit");
  app.set_version_flag("--version", absl::StrCat("seedance-gateway ", seedance::server::Version(), " (git ",
                                                 seedance::server::GitHash(), ")"));
}

int CannotUse(const std::string& path, const absl::Status& why) {
  std::cerr << path << " cannot be used:\n" << std::string(why.message()) << "\n";
  return kBadUsage;
}

int CheckCertificates(const std::string& path, const seedance::config::GatewayConfig& config) {
  const absl::StatusOr<std::string> warnings =
      seedance::config::CheckCertificates(config, seedance::base::RealClock().Now());
  if (!warnings.ok()) return CannotUse(path, warnings.status());
  if (!warnings->empty()) std::cerr << "warning: " << absl::StrReplaceAll(*warnings, {{"\n", "\nwarning: "}}) << "\n";
  return 0;
}

int Main(int argc, char** argv) {
  CLI::App app("gRPC gateway to the vendors of Seedance video generation.", "seedance-gateway");
  Arguments arguments;
  AddOptions(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kBadUsage;
  }
  if (arguments.print_metrics) {
    std::cout << seedance::base::MetricTableText();
    return 0;
  }
  const std::string& path = arguments.config;
  if (path.empty()) {
    std::cerr << "--config is required\nRun with --help for more information.\n";
    return kBadUsage;
  }
  const absl::StatusOr<seedance::config::GatewayConfig> config = seedance::config::LoadConfig(path);
  if (!config.ok()) return CannotUse(path, config.status());
  if (arguments.check) {
    if (const int bad = CheckCertificates(path, *config); bad != 0) return bad;
  }
  if (arguments.print) std::cout << seedance::config::PrintConfig(*config, arguments.all);
  if (arguments.check && !arguments.print) std::cout << path << " is valid\n";
  if (arguments.check || arguments.print) return 0;
  if (arguments.migrate) return seedance::server::MigrateStore(*config);
  if (!arguments.backup.empty()) return seedance::server::BackUpStore(*config, arguments.backup);
  if (!arguments.copy_to.empty()) return seedance::server::CopyStoreTo(*config, arguments.copy_to);
  if (!arguments.restore.empty()) {
    return seedance::server::RestoreStore(*config, arguments.restore, arguments.accept_data_loss);
  }
  return seedance::server::Run(path, *config, arguments.accept_data_loss);
}

}  // namespace

int main(int argc, char** argv) {
  seedance::server::SetDeadlockDetection();
  return Main(argc, argv);
}
