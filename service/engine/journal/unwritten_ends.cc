#include "service/engine/journal/unwritten_ends.h"

#include <string>
#include <utility>

#include "service/base/log.h"

namespace seedance::engine {

UnwrittenEnds::UnwrittenEnds(store::JournalStore& store, base::Clock& clock,
                             std::function<void(const model::JournalKey& key)> on_due)
    : store_(store),
      clock_(clock),
      on_due_(std::move(on_due)),
      due_(clock, base::Timer::Alarm::Work::kMayBlock, [this](const std::string& text) {
        const model::JournalKey key = model::KeyOfText(text);
        {
          base::MutexLock lock(mutex_);
          if (ends_.count(key) == 0) return;
          // Planned before it is tried: whoever works on the call just now may leave it unwritten.
          due_.Schedule(text, clock_.Now() + kPause);
        }
        on_due_(key);
      }) {}

void UnwrittenEnds::Stop() {
  due_.Stop();
  for (const model::JournalEntry& call : Calls()) on_due_(call.key);
}

void UnwrittenEnds::Keep(End end) {
  const model::JournalKey key = end.call.key;
  base::MutexLock lock(mutex_);
  ends_.insert_or_assign(key, std::move(end));
  due_.Schedule(model::TextOf(key), clock_.Now() + kPause);
}

void UnwrittenEnds::Forget(const model::JournalKey& key) {
  base::MutexLock lock(mutex_);
  if (ends_.erase(key) > 0) due_.Remove(model::TextOf(key));
}

std::optional<UnwrittenEnds::End> UnwrittenEnds::Find(const model::JournalKey& key) {
  base::MutexLock lock(mutex_);
  const auto found = ends_.find(key);
  return found == ends_.end() ? std::nullopt : std::optional<End>(found->second);
}

std::vector<model::JournalEntry> UnwrittenEnds::Calls() {
  base::MutexLock lock(mutex_);
  std::vector<model::JournalEntry> calls;
  for (const auto& [key, end] : ends_) calls.push_back(end.call);
  return calls;
}

absl::StatusOr<std::optional<UnwrittenEnds::End>> UnwrittenEnds::Write(const model::JournalKey& key) {
  std::optional<End> end = Find(key);
  if (!end.has_value()) return end;
  const absl::Status written = store_.FinishEntry(end->call, end->group.has_value() ? &*end->group : nullptr,
                                                  end->asset.has_value() ? &*end->asset : nullptr);
  if (!written.ok()) return written;
  Forget(key);
  base::Log(base::LogLevel::kWarning, "billed_call_end_stored_late",
            {{"tenant", key.tenant},
             {"method", key.method},
             {"request_id", key.request_id},
             {"resource", end->call.resource_name}});
  return end;
}

}  // namespace seedance::engine
