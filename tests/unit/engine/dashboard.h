#ifndef SEEDANCE_TESTS_UNIT_ENGINE_DASHBOARD_H_
#define SEEDANCE_TESTS_UNIT_ENGINE_DASHBOARD_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "service/engine/watch/task_feeds.h"

namespace seedance::testing {

// A dashboard: what one reader was told, and whether that may be so. Goes before its feeds.
class Dashboard {
 public:
  Dashboard() = default;
  ~Dashboard() { Close(); }
  Dashboard(const Dashboard&) = delete;
  Dashboard& operator=(const Dashboard&) = delete;

  // Opens a reader, at the place of an earlier one if it has a token.
  absl::Status Open(engine::TaskFeeds& feeds, const engine::TaskFilter& filter) {
    auto reader = feeds.Open(filter, token, [this] { ++pokes; });
    if (!reader.ok()) return reader.status();
    Close();
    reader_ = *std::move(reader);
    synced = false;
    return absl::OkStatus();
  }

  // Takes what there is; false when nothing was.
  bool TakeOne() {
    engine::TaskBatch batch;
    for (;;) {
      switch (reader_->Take(batch)) {
        case engine::TaskFeedReader::Next::kNothing:
          return false;
        case engine::TaskFeedReader::Next::kRead:
          ++reads;
          read = reader_->Read();
          if (!read.ok()) return false;
          continue;
        case engine::TaskFeedReader::Next::kBatch:
          Accept(batch);
          return true;
      }
    }
  }
  void TakeAll() {
    while (TakeOne()) continue;
  }

  // To let go of it is not enough: the feeds' thread, which holds the reader while it tells it, would count in `pokes`
  // of a dashboard that is gone.
  void Close() {
    if (reader_ != nullptr) reader_->Close();
    reader_.reset();
  }
  engine::TaskFeedReader& reader() { return *reader_; }

  // Ids in order.
  std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    for (const auto& [id, revision] : view) ids.push_back(id);
    return ids;
  }

  std::map<std::string, int64_t> view;  // Revisions by id.
  std::map<std::string, int> terminals;
  std::set<int64_t> revisions;
  std::vector<std::string> removed;
  std::string token;
  bool synced = false;
  int batches = 0;
  int reads = 0;
  size_t biggest = 0;
  absl::Status read;
  std::atomic<int> pokes{0};

 private:
  void Accept(const engine::TaskBatch& batch) {
    ++batches;
    int64_t last = 0;
    for (const auto& task : batch.tasks) {
      const int64_t revision = (*task)->revision;
      EXPECT_GT(revision, last) << "in the order of revisions";
      last = revision;
      EXPECT_TRUE(revisions.insert(revision).second) << "revision " << revision << " came twice";
      EXPECT_GT(revision, view[(*task)->id]) << "an older revision came later";
      view[(*task)->id] = revision;
      if (model::IsTerminal((*task)->state)) ++terminals[(*task)->id];
    }
    for (const std::string& id : batch.removed) {
      removed.push_back(id);
      view.erase(id);
    }
    biggest = std::max(biggest, batch.tasks.size() + batch.removed.size());
    EXPECT_FALSE(synced && !batch.synced) << "synced is for ever";
    synced = batch.synced;
    if (!batch.resume_token.empty()) token = batch.resume_token;
  }

  std::shared_ptr<engine::TaskFeedReader> reader_;
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_UNIT_ENGINE_DASHBOARD_H_
