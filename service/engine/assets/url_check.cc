#include "service/engine/assets/url_check.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/base/sha256.h"

namespace seedance::engine {
namespace {

// Shows the judge what it wants to see, or all.
class JudgedFile : public upstream::MediaReader {
 public:
  JudgedFile(MediaValidator judge, bool whole, TransferSlot& slot)
      : judge_(std::move(judge)), whole_(whole), slot_(slot) {}

  bool OnStart(int64_t size) override {
    size_ = size;
    // Known to be too long: its headers still show what else is wrong.
    return !whole_ || size <= judge_.MaxBytes();
  }

  bool OnBytes(std::string_view bytes) override {
    if (!slot_.Moved(static_cast<int64_t>(bytes.size()))) return false;
    seen_ += static_cast<int64_t>(bytes.size());
    if (whole_) hash_.Update(bytes);
    judge_.Feed(bytes);
    if (seen_ > judge_.MaxBytes()) return false;
    return whole_ || !(judge_.done() || (judge_.may_refuse() && !judge_.Violations(0).empty()));
  }

  // Never further than a byte beyond the largest file: a header may lie, and a server need not say how long the file
  // is.
  int64_t Skippable() const override {
    const int64_t room = judge_.MaxBytes() - seen_;
    if (whole_ || room < 0) return 0;
    return std::min(judge_.Skippable(), room == std::numeric_limits<int64_t>::max() ? room : room + 1);
  }
  void OnSkip(int64_t bytes) override {
    seen_ += bytes;
    judge_.Skip(bytes);
  }

  void Finish(bool complete, CheckedAsset& asset) {
    if (complete) judge_.Finish();
    const int64_t length = std::max(size_, seen_);
    const bool too_long = length > judge_.MaxBytes();
    std::vector<base::FieldViolation> broken = judge_.Violations(complete || too_long ? length : size_);
    if (too_long && broken.empty()) {
      broken.push_back({asset.bytes_field, absl::StrCat("must lead to a file of at most ", judge_.MaxBytes(),
                                                        " bytes, has ", length, size_ < length ? " or more" : "")});
    }
    for (base::FieldViolation& violation : broken) asset.violations.push_back(std::move(violation));
    asset.file = FactsOf(judge_, complete ? length : size_, whole_ && complete ? hash_.Hex() : "");
  }

 private:
  MediaValidator judge_;
  const bool whole_;
  TransferSlot& slot_;
  base::Sha256 hash_;
  int64_t size_ = 0;  // As the server says; 0: it does not.
  int64_t seen_ = 0;
};

}  // namespace

absl::StatusOr<ReadAsset> ReadUrl(upstream::MediaFetcher& fetcher, CheckedAsset asset,
                                  const std::shared_ptr<base::CancelToken>& cancel, TransferSlot& slot) {
  const bool whole = asset.reuse_content;
  JudgedFile file(asset.MakeValidator(), whole, slot);
  upstream::CallOptions call = ToCallOptions(asset.context);
  call.cancel = cancel;
  slot.BeginWait();
  const absl::StatusOr<upstream::FetchedMedia> fetched = fetcher.Read(call, asset.uri, whole, file);
  if (!slot.EndWait(0)) return slot.Error();
  const base::Reason reason = base::GetReason(fetched.status());
  if (reason == base::Reason::kCancelled || reason == base::Reason::kDeadlineExceeded) return fetched.status();
  if (fetched.ok()) {
    file.Finish(fetched->complete, asset);
  } else {
    asset.violations.push_back(
        {asset.bytes_field, absl::StrCat("cannot be fetched: ", std::string(fetched.status().message()))});
  }
  if (!asset.violations.empty()) return base::InvalidInput(asset.violations);
  return ReadAtHand(std::move(asset));
}

}  // namespace seedance::engine
