#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_TASK_OBSERVERS_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_TASK_OBSERVERS_H_

#include <vector>

#include "service/engine/assets/asset_waits.h"
#include "service/model/asset.h"
#include "service/model/generation_task.h"

namespace seedance::engine {

// What the task tracker asks of the other rooms, and tells them. Called on the tracker's and the upstreams' threads,
// without a lock; implementations are thread-safe and outlive the tracker.
//
// Tests: tests/unit/engine/tasks/task_waits_test.cc, tests/unit/engine/tasks/task_turns_test.cc

// Knows who reads a task.
class TaskAudience {
 public:
  virtual ~TaskAudience() = default;
  // Whether anybody watches the task now.
  virtual bool Watches(const model::GenerationTask& task) = 0;
};

// Hears what tasks do with assets.
class AssetUseObserver {
 public:
  virtual ~AssetUseObserver() = default;
  // The vendor accepted a task with this asset, or a task begins to wait that needs this ACTIVE one too.
  virtual void OnUsed(const model::Asset& asset, AssetUse use) = 0;
  // A task needs this asset, which is EXPIRED, and may have it created again. What comes of it is published: any change
  // that leaves it EXPIRED says that it could not be revived.
  virtual void OnNeeded(const model::Asset& asset) = 0;
};

// Hears of each task whose submission was not answered.
class InDoubtObserver {
 public:
  virtual ~InDoubtObserver() = default;
  virtual void OnInDoubt(const model::GenerationTask& task) = 0;
};

struct TaskObservers {
  TaskAudience& audience;
  AssetUseObserver& assets;
  std::vector<InDoubtObserver*> in_doubt;  // In this order.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_TASK_OBSERVERS_H_
