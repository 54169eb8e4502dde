#ifndef SEEDANCE_TESTS_SANDBOX_WORLD_WORLD_H_
#define SEEDANCE_TESTS_SANDBOX_WORLD_WORLD_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/base/mutex.h"
#include "tests/sandbox/world/task_plan.h"

namespace seedance::sandbox {

struct Group {
  std::string id;
  std::string key;  // Vendor key that owns it.
  std::string name;
  std::string description;
  std::string type = "AIGC";  // Or `LivenessFace`.
  absl::Time created;
  absl::Time updated;
  absl::Time visible;  // From here on other calls know it.
};

enum class MediaKind { kImage, kVideo, kAudio };

struct Asset {
  std::string id;
  std::string key;
  std::string group;
  std::string name;
  MediaKind kind = MediaKind::kImage;
  std::string model;       // Billing model.
  std::string source_url;  // Empty: its bytes were sent.
  int64_t size = 0;        // Of the received bytes; 0 for a URL that was not fetched.
  std::string sha256;      // Of the received bytes; empty for a URL that was not fetched.
  absl::Time created;
  absl::Time updated;
  absl::Time settled;        // Processing before, Active or Failed from here on.
  std::string failure_code;  // Not empty: Failed.
  bool fetching = false;     // Its URL is being fetched: Processing however late it is.
};

// `Processing`, `Active` or `Failed`.
std::string AssetStatus(const Asset& asset, absl::Time now);

struct PiApiJob;

struct Task {
  std::string id;
  std::string key;
  std::string origin_id;   // Id at the vendor behind the vendor.
  std::string request_id;  // Of the create call.
  std::string model;
  std::string action;
  std::string prompt;
  std::string resolution;
  std::string ratio;
  int64_t duration = 5;
  int64_t seed = -1;
  bool generate_audio = true;
  bool return_last_frame = false;
  TaskPlan plan;
  bool refunded = false;
  int64_t polls = 0;
  absl::Time last_poll;
  std::shared_ptr<const PiApiJob> piapi;  // What only PiAPI has; null: the task is AnyFast's.
};

// Everything that the emulated vendor remembers. Another key's resources do not exist for a key. Values are copies.
// Thread-safe.
class World {
 public:
  enum class AddResult { kAdded, kNoGroup, kNameTaken };

  void AddGroup(Group group);
  // A group that is visible at `now`.
  std::optional<Group> FindGroup(const std::string& key, const std::string& id, absl::Time now);
  // Visible groups of the key, newest first.
  std::vector<Group> Groups(const std::string& key, absl::Time now);
  bool RenameGroup(const std::string& key, const std::string& id, const std::string& name, absl::Time now);
  // Deletes its assets too.
  bool DeleteGroup(const std::string& key, const std::string& id, absl::Time now);

  // Checks and adds in one step; the time is `asset.created`.
  AddResult AddAsset(Asset asset);
  std::optional<Asset> FindAsset(const std::string& key, const std::string& id);
  // Assets of the key, newest first.
  std::vector<Asset> Assets(const std::string& key);
  // Calls `change` for the asset; it must not call the world. False: the asset is gone.
  bool ChangeAsset(const std::string& id, const std::function<void(Asset&)>& change);
  bool DeleteAsset(const std::string& key, const std::string& id);

  void AddTask(Task task);
  std::optional<Task> FindTask(const std::string& key, const std::string& id);
  // FindTask that counts as a poll.
  std::optional<Task> PollTask(const std::string& key, const std::string& id, absl::Time now);
  // Tasks of the key, newest first.
  std::vector<Task> Tasks(const std::string& key);
  // Takes back a task that has not begun at `now`, once. False: it has, or it is not known.
  bool CancelTask(const std::string& key, const std::string& id, absl::Time now);
  // Whoever owns it.
  std::optional<Task> FindAnyTask(const std::string& id);
  std::optional<Asset> FindAnyAsset(const std::string& id);

  // In order of creation.
  std::vector<Group> AllGroups();
  std::vector<Asset> AllAssets();
  std::vector<Task> AllTasks();
  // Calls `look` for each task in order of creation; it must not call the world.
  void ForEachTask(const std::function<void(const Task&)>& look);
  // Tasks that failed until `now` and were not returned before, in order of their end.
  std::vector<Task> TakeUnrefunded(absl::Time now);

  void Reset();

 private:
  // Values in order of creation and an index by id; erased places stay empty.
  template <typename T>
  struct Table {
    std::vector<std::optional<T>> rows;
    std::map<std::string, size_t> by_id;

    void Add(T row);
    T* Find(const std::string& id);
    void Erase(const std::string& id);
    std::vector<T> All() const;
  };

  base::Mutex mutex_;
  Table<Group> groups_ ABSL_GUARDED_BY(mutex_);
  Table<Asset> assets_ ABSL_GUARDED_BY(mutex_);
  Table<Task> tasks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WORLD_WORLD_H_
