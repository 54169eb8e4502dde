#include "tests/sandbox/world/url_fetcher.h"

#include <utility>

#include "service/base/sha256.h"
#include "tests/sandbox/world/media.h"

namespace seedance::sandbox {
namespace {

constexpr int64_t kMaxBytes = 512 << 20;
constexpr size_t kMaxFetchHead = 64;

}  // namespace

void UrlFetcher::Fetch(const std::string& url, Done done) {
  if (!pool_.Submit([this, url, done] { done(Load(url)); })) done(std::nullopt);
}

void UrlFetcher::Stop() {
  web_.Stop();
  pool_.Stop();
}

std::optional<UploadedFile> UrlFetcher::Load(const std::string& url) {
  UploadedFile file;
  base::Sha256 hash;
  const int status = web_.Get(url, [&](std::string_view piece) {
    if (file.head.size() < kMaxFetchHead) file.head.append(piece.substr(0, kMaxFetchHead - file.head.size()));
    file.size += static_cast<int64_t>(piece.size());
    hash.Update(piece);
    return file.size <= kMaxBytes;
  });
  if (status != 200 || file.size == 0) return std::nullopt;
  file.sha256 = hash.Hex();
  return file;
}

void TakeFetched(const std::optional<UploadedFile>& file, bool strict, Asset& asset) {
  asset.fetching = false;
  if (!file.has_value()) {
    asset.failure_code = "DownloadFailed";
    return;
  }
  asset.size = file->size;
  asset.sha256 = file->sha256;
  if (strict && asset.failure_code.empty()) asset.failure_code = MediaFault(asset.kind, *file);
}

}  // namespace seedance::sandbox
