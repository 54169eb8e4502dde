#include "service/server/store_commands.h"

#include <iostream>

#include "service/base/clock.h"
#include "service/server/open_store.h"
#include "service/store/sql/copy_store.h"
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

int MigrateStore(const config::GatewayConfig& config) {
  const absl::StatusOr<int> version = MigrateConfiguredStore(config.store());
  if (!version.ok()) return Fail(version.status());
  std::cout << StoreName(config.store()) << " has version " << *version << "\n";
  return 0;
}

int BackUpStore(const config::GatewayConfig& config, const std::string& file) {
  if (const absl::Status right = RequireSqlite(config.store(), "--backup"); !right.ok()) return Fail(right);
  const absl::StatusOr<sqlite::Contents> contents = sqlite::BackUp(config.store().sqlite().path(), file);
  if (!contents.ok()) return Fail(contents.status());
  std::cout << file << " is a verified copy of the store:\n" << sqlite::Describe(*contents);
  return 0;
}

int CopyStoreTo(const config::GatewayConfig& config, const std::string& to) {
  const absl::StatusOr<config::GatewayConfig> other = config::LoadConfig(to);
  if (!other.ok()) {
    std::cerr << to << " cannot be used:\n" << std::string(other.status().message()) << "\n";
    return 1;
  }
  const auto source = OpenConfiguredRawStore(config.store());
  if (!source.ok()) return Fail(source.status());
  const auto target = OpenConfiguredRawStore(other->store());
  if (!target.ok()) return Fail(target.status());
  const absl::StatusOr<store::sql::Copied> copied = store::sql::CopyStore(**source, **target, base::RealClock().Now());
  if (!copied.ok()) return Fail(copied.status());
  std::cout << StoreName(config.store()) << " was copied to " << StoreName(other->store())
            << ", and every row compared:\n";
  for (const auto& [table, rows] : copied->rows) std::cout << "  " << table << ": " << rows << " rows\n";
  std::cout << "  newest revision: " << copied->revision << "\n";
  if (copied->doubted > 0) {
    std::cout << copied->doubted << " requests were under way when their gateway ended, and are in doubt now\n";
  }
  std::cout << "The original does not open any more: what gateways of both would send is paid twice.\n";
  return 0;
}

int RestoreStore(const config::GatewayConfig& config, const std::string& file, bool accept_data_loss) {
  if (const absl::Status right = RequireSqlite(config.store(), "--restore"); !right.ok()) return Fail(right);
  const std::string& path = config.store().sqlite().path();
  const absl::StatusOr<sqlite::Restored> restored = sqlite::Restore(path, file, accept_data_loss, base::RealClock());
  if (!restored.ok()) return Fail(restored.status());
  std::cout << path << " was restored from " << file << ":\n" << sqlite::Describe(restored->contents);
  if (!restored->set_aside.empty()) std::cout << "The previous store is " << restored->set_aside << "\n";
  if (restored->distrusted.has_value()) {
    std::cout << "Requests may have been sent after the backup. In doubt now: " << restored->distrusted->tasks
              << " PENDING tasks, " << restored->distrusted->calls
              << " requests that were not accepted, and the next creation of " << restored->distrusted->assets
              << " assets with a source URI. The epoch is " << restored->distrusted->epoch
              << ".\nThe store does not know request ids newer than the backup: see deploy/backup.md before "
                 "callers retry them.\n";
  }
  return 0;
}

}  // namespace seedance::server
