#include "service/engine/remote_watchers.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace seedance::engine {
namespace {

// Words of the text: a task's id, `=` and a tenant in base64, or this.
constexpr absl::string_view kAll = "*";

}  // namespace

std::string TextOf(const WatchedTasks& watched) {
  if (watched.all) return std::string(kAll);
  std::string text;
  for (const std::string& tenant : watched.tenants) absl::StrAppend(&text, "=", absl::WebSafeBase64Escape(tenant), " ");
  for (const std::string& id : watched.tasks) absl::StrAppend(&text, id, " ");
  return text;
}

WatchedTasks ParseWatchedTasks(const std::string& text) {
  WatchedTasks watched;
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    std::string tenant;
    if (word == kAll) {
      watched.all = true;
    } else if (word.front() != '=') {
      watched.tasks.insert(std::string(word));
    } else if (absl::WebSafeBase64Unescape(word.substr(1), &tenant)) {
      watched.tenants.insert(tenant);
    }
  }
  return watched;
}

std::vector<std::string> RemoteWatchers::Heard(const std::string& process, WatchedTasks watched, absl::Time until) {
  std::vector<std::string> fresh;
  base::MutexLock lock(mutex_);
  Entry& entry = by_process_[process];
  for (const std::string& id : watched.tasks) {
    if (entry.watched.tasks.count(id) == 0) fresh.push_back(id);
  }
  entry = {std::move(watched), until};
  return fresh;
}

bool RemoteWatchers::Watches(const std::string& tenant, const std::string& id, absl::Time now) {
  base::MutexLock lock(mutex_);
  std::erase_if(by_process_, [now](const auto& each) { return each.second.until <= now; });
  for (const auto& [process, entry] : by_process_) {
    const WatchedTasks& watched = entry.watched;
    if (watched.all || watched.tasks.count(id) > 0 || watched.tenants.count(tenant) > 0) return true;
  }
  return false;
}

}  // namespace seedance::engine
