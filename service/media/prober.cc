#include "service/media/prober.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "service/media/sniff.h"

namespace seedance::media {
namespace {

// Moves the bytes: buffers the beginning until the format is known, then whatever the parser wants in one piece.
class StreamProber : public Prober {
 public:
  void Feed(std::string_view bytes) override {
    if (finished_) return;
    Move(bytes);
  }

  int64_t Skippable() const override {
    if (finished_) return std::numeric_limits<int64_t>::max();
    return parser_ == nullptr || !held_.empty() ? 0 : parser_->skip();
  }

  void Skip(int64_t bytes) override {
    bytes = std::min(bytes, Skippable());
    if (bytes > 0 && !finished_) parser_->Skipped(bytes);
  }

  void Finish() override {
    if (finished_) return;
    while (parser_ == nullptr) Open();
    parser_->Finish(held_.size());
    held_ = std::string();
    finished_ = true;
  }

  bool done() const override { return parser_ != nullptr && parser_->done(); }

  const Findings& findings() const override {
    static const Findings* const kNothing = new Findings();
    return parser_ == nullptr ? *kNothing : parser_->findings();
  }

 private:
  void Move(std::string_view bytes) {
    while (!bytes.empty()) bytes.remove_prefix(parser_ == nullptr ? FeedSniffer(bytes) : FeedParser(bytes));
  }

  // Both return how many of the bytes they used.
  size_t FeedSniffer(std::string_view bytes) {
    const size_t taken = std::min(bytes.size(), kSniffedBytes - held_.size());
    held_.append(bytes.substr(0, taken));
    if (held_.size() == kSniffedBytes) Open();
    return taken;
  }

  size_t FeedParser(std::string_view bytes) {
    if (parser_->skip() > 0) {
      const int64_t skipped = std::min(static_cast<int64_t>(bytes.size()), parser_->skip());
      parser_->Skipped(skipped);
      return static_cast<size_t>(skipped);
    }
    if (parser_->scans()) return parser_->Scanned(bytes);
    const size_t want = parser_->want();
    if (held_.empty() && bytes.size() >= want) {
      Take(bytes.substr(0, want));
      return want;
    }
    const size_t taken = std::min(bytes.size(), want - held_.size());
    held_.append(bytes.substr(0, taken));
    if (held_.size() == want) Take(std::exchange(held_, {}));
    return taken;
  }

  void Take(std::string_view bytes) {
    parser_->Take(bytes);
    if (!parser_->restarts()) return;
    parser_ = nullptr;
    held_ = std::string(bytes);
  }

  void Open() {
    const std::string head = std::exchange(held_, {});
    parser_ = Sniff(head);
    Move(head);
  }

  std::unique_ptr<Parser> parser_;  // Null: not known yet which.
  std::string held_;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<Prober> MakeProber() { return std::make_unique<StreamProber>(); }

}  // namespace seedance::media
