#include "service/engine/uploads/file_stager.h"

#include <memory>

#include "absl/strings/str_cat.h"

namespace seedance::engine {
namespace {

// The vendor's upload is not for this account, or not now; the gateway's own still is.
bool NotForUs(const absl::Status& status) {
  const base::Reason reason = base::GetReason(status);
  return reason == base::Reason::kQuotaExceeded || reason == base::Reason::kUnsupportedByUpstream ||
         reason == base::Reason::kCreditsExhausted;
}

// Not even an empty file, where the vendor has no upload.
bool VendorTakes(const model::AssetProfile& profile, int64_t size) {
  return profile.max_staged_bytes > 0 && size <= profile.max_staged_bytes;
}

}  // namespace

std::optional<base::FieldViolation> FileStager::Refusal(const model::AssetProfile& profile, int64_t size,
                                                        const std::string& field) const {
  if (staging_ != nullptr || VendorTakes(profile, size)) return std::nullopt;
  const std::string most =
      profile.max_staged_bytes == 0 ? "no bytes" : absl::StrCat("at most ", profile.max_staged_bytes, " bytes");
  return base::FieldViolation{field, absl::StrCat("has ", size, " bytes: this upstream takes URLs, and ", most,
                                                  " as long as the gateway does not serve files itself "
                                                  "(admin.staging); give a URL")};
}

absl::StatusOr<std::string> FileStager::Stage(upstream::Upstream& upstream, const upstream::CallOptions& call,
                                              const TempFile& file, const std::string& suffix,
                                              const std::string& field) {
  const model::AssetProfile& profile = upstream.profile().assets;
  if (auto refusal = Refusal(profile, file.size(), field)) return base::InvalidInput({*refusal});
  if (VendorTakes(profile, file.size())) {
    const std::unique_ptr<http::ByteSource> bytes = file.Read();
    absl::StatusOr<std::string> url = upstream.files()->UploadToVendor(call, "upload" + suffix, *bytes);
    if (url.ok() || staging_ == nullptr || !NotForUs(url.status())) return url;
  }
  return staging_->Publish(file, suffix);
}

absl::StatusOr<std::string> FileStager::Stage(upstream::Upstream& upstream, const upstream::CallOptions& call,
                                              const std::string& bytes, const std::string& suffix,
                                              const std::string& field) {
  absl::StatusOr<std::unique_ptr<TempFile>> file = spools_.Create();
  if (!file.ok()) return file.status();
  if (absl::Status written = (*file)->Append(bytes); !written.ok()) return written;
  return Stage(upstream, call, **file, suffix, field);
}

}  // namespace seedance::engine
