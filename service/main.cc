#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_replace.h"
#include "service/base/clock.h"
#include "service/base/deadlock_detection.h"
#include "service/server/config.h"
#include "service/server/run.h"

namespace {

constexpr int kBadUsage = 2;

int Main(int argc, char** argv) {
  CLI::App app("gRPC gateway in front of the vendors of Seedance video generation.", "seedance-gateway");
  std::string path;
  bool check = false;
  bool print = false;
  app.add_option("--config", path, "YAML file, described in seedance/gateway/config/v1/config.proto")->required();
  app.add_flag("--check-config", check, "Check the file and the secrets that it names, then exit");
  app.add_flag("--print-config", print, "Print the file with every default and without secrets, then exit");
  app.set_version_flag("--version", std::string("seedance-gateway " SEEDANCE_VERSION));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kBadUsage;
  }
  const absl::StatusOr<seedance::server::GatewayConfig> config = seedance::server::LoadConfig(path);
  if (!config.ok()) {
    std::cerr << path << " cannot be used:\n" << std::string(config.status().message()) << "\n";
    return kBadUsage;
  }
  if (check) {
    const absl::StatusOr<std::string> warnings =
        seedance::server::CheckCertificates(*config, seedance::base::RealClock().Now());
    if (!warnings.ok()) {
      std::cerr << path << " cannot be used:\n" << std::string(warnings.status().message()) << "\n";
      return kBadUsage;
    }
    if (!warnings->empty()) std::cerr << "warning: " << absl::StrReplaceAll(*warnings, {{"\n", "\nwarning: "}}) << "\n";
  }
  if (print) std::cout << seedance::server::PrintConfig(*config);
  if (check && !print) std::cout << path << " is good\n";
  return check || print ? 0 : seedance::server::Run(*config);
}

}  // namespace

int main(int argc, char** argv) {
  seedance::base::SetDeadlockDetection();
  return Main(argc, argv);
}
