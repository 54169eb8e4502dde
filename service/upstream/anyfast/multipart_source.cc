#include "service/upstream/anyfast/multipart_source.h"

#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace seedance::upstream {
namespace {

// Escapes by the HTML standard: these three would end the quoted name or the line.
std::string Quoted(const std::string& name) {
  return absl::StrReplaceAll(name, {{"\"", "%22"}, {"\r", "%0D"}, {"\n", "%0A"}});
}

struct SuffixRow {
  const char* suffix;
  const char* type;
};

constexpr SuffixRow kTypes[] = {
    {".jpg", "image/jpeg"},  {".jpeg", "image/jpeg"}, {".png", "image/png"},   {".gif", "image/gif"},
    {".webp", "image/webp"}, {".bmp", "image/bmp"},   {".tiff", "image/tiff"}, {".tif", "image/tiff"},
    {".heic", "image/heic"}, {".heif", "image/heif"}, {".mp4", "video/mp4"},   {".mov", "video/quicktime"},
    {".mp3", "audio/mpeg"},  {".wav", "audio/wav"},
};

std::string TypeOf(const std::string& file_name) {
  const std::string lower = absl::AsciiStrToLower(file_name);
  for (const SuffixRow& row : kTypes) {
    if (absl::EndsWith(lower, row.suffix)) return row.type;
  }
  return "application/octet-stream";
}

}  // namespace

MultipartSource::MultipartSource(const std::string& boundary, const Fields& fields, const std::string& file_name,
                                 http::ByteSource& file)
    : boundary_(boundary), epilogue_(absl::StrCat("\r\n--", boundary, "--\r\n")), file_(file) {
  for (const auto& [name, value] : fields) {
    absl::StrAppend(&preamble_, "--", boundary, "\r\nContent-Disposition: form-data; name=\"", Quoted(name),
                    "\"\r\n\r\n", value, "\r\n");
  }
  const std::string shown = file_name.empty() ? "file" : file_name;
  absl::StrAppend(&preamble_, "--", boundary, "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"",
                  Quoted(shown), "\"\r\nContent-Type: ", TypeOf(shown), "\r\n\r\n");
}

absl::StatusOr<std::string> MultipartSource::Next() {
  if (part_ == Part::kPreamble) {
    part_ = Part::kFile;
    return preamble_;
  }
  if (part_ == Part::kFile) {
    absl::StatusOr<std::string> piece = file_.Next();
    if (!piece.ok() || !piece->empty()) return piece;
    part_ = Part::kEpilogue;
  }
  if (part_ == Part::kEpilogue) {
    part_ = Part::kEnd;
    finished_ = true;
    return epilogue_;
  }
  return "";
}

std::optional<int64_t> MultipartSource::Size() const {
  const std::optional<int64_t> file = file_.Size();
  if (!file.has_value()) return std::nullopt;
  return static_cast<int64_t>(preamble_.size() + epilogue_.size()) + *file;
}

}  // namespace seedance::upstream
