#include "service/engine/watch/watch_readers.h"

#include <algorithm>

namespace seedance::engine {
namespace {

// Some milliseconds of writing.
constexpr size_t kSlice = 512;

using Readers = std::vector<std::shared_ptr<WatchReader>>;

// Pokes a slice from `next` on, and leaves the rest for another turn of the thread.
void PokeFrom(base::ThreadPool& pool, const std::shared_ptr<Readers>& readers, size_t next) {
  while (next < readers->size()) {
    for (const size_t end = std::min(readers->size(), next + kSlice); next < end; ++next) {
      (*readers)[next]->Notify();
      // Perhaps the last reference: not under any lock, and not only at the end of all.
      (*readers)[next].reset();
    }
    if (next < readers->size() && pool.Submit([&pool, readers, next] { PokeFrom(pool, readers, next); })) return;
  }
}

}  // namespace

void WatchReaders::Add(WatchReader& reader) {
  if (!entries_.empty() && entries_.back().connection != reader.connection_) grouped_ = false;
  reader.place_ = entries_.size();
  entries_.push_back({reader.connection_, &reader});
}

void WatchReaders::Remove(WatchReader& reader) {
  const size_t place = reader.place_;
  if (place + 1 != entries_.size()) {
    entries_[place] = entries_.back();
    entries_[place].reader->place_ = place;
    grouped_ = false;
  }
  entries_.pop_back();
  // Thousands may have left.
  if (entries_.size() * 4 < entries_.capacity()) entries_.shrink_to_fit();
}

Readers WatchReaders::Held() {
  if (!grouped_) {
    std::sort(entries_.begin(), entries_.end(),
              [](const Entry& a, const Entry& b) { return a.connection < b.connection; });
    for (size_t place = 0; place < entries_.size(); ++place) entries_[place].reader->place_ = place;
    grouped_ = true;
  }
  Readers held;
  held.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    // Null for one that is just being destroyed.
    if (auto reader = entry.reader->weak_from_this().lock()) held.push_back(std::move(reader));
  }
  return held;
}

void PokeInSlices(base::ThreadPool& pool, Readers readers) {
  if (!readers.empty()) PokeFrom(pool, std::make_shared<Readers>(std::move(readers)), 0);
}

}  // namespace seedance::engine
