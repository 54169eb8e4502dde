#include "service/server/store_commands.h"

#include <iostream>

#include "service/base/clock.h"
#include "service/store/sqlite/backup.h"
#include "service/store/sqlite/restore.h"

namespace seedance::server {
namespace {

namespace sqlite = store::sqlite;

int Fail(const absl::Status& status) {
  std::cerr << "seedance-gateway: " << std::string(status.message()) << "\n";
  return 1;
}

}  // namespace

int BackUpStore(const config::GatewayConfig& config, const std::string& file) {
  const absl::StatusOr<sqlite::Contents> contents = sqlite::BackUp(config.store().sqlite().path(), file);
  if (!contents.ok()) return Fail(contents.status());
  std::cout << file << " holds the store as it was, and was read back whole:\n" << sqlite::Describe(*contents);
  return 0;
}

int RestoreStore(const config::GatewayConfig& config, const std::string& file, bool accept_data_loss) {
  const std::string& path = config.store().sqlite().path();
  const absl::StatusOr<sqlite::Restored> restored = sqlite::Restore(path, file, accept_data_loss, base::RealClock());
  if (!restored.ok()) return Fail(restored.status());
  std::cout << path << " holds what " << file << " holds:\n" << sqlite::Describe(restored->contents);
  if (!restored->set_aside.empty()) std::cout << "The store of before is " << restored->set_aside << "\n";
  if (restored->distrusted.has_value()) {
    std::cout << "Calls may have been sent after the backup. So " << restored->distrusted->tasks
              << " tasks that were PENDING, " << restored->distrusted->calls
              << " calls that were not accepted and the next creation of " << restored->distrusted->assets
              << " assets with a source URI are in doubt now, and the epoch is " << restored->distrusted->epoch
              << ".\nCalls whose request_id is younger than the backup are forgotten: see deploy/backup.md before "
                 "callers try them again.\n";
  }
  return 0;
}

}  // namespace seedance::server
