#include <openssl/evp.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cpp/attempts.h"
#include "client/cpp/client.h"
#include "client/cpp/error.h"
#include "client/cpp/stream_reader.h"

namespace seedance::client {
namespace {

using gateway::v1::DownloadGenerationResultRequest;
using gateway::v1::DownloadGenerationResultResponse;

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }

  void Add(const std::string& bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }

  std::string Hex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    EVP_DigestFinal_ex(context_.get(), digest, &length);
    std::string text;
    for (unsigned int i = 0; i < length; ++i) absl::StrAppend(&text, absl::Hex(digest[i], absl::kZeroPad2));
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

// `<path>.part`, which becomes `path` only when it is complete and else vanishes.
class PartFile {
 public:
  explicit PartFile(const std::string& path) : path_(path), part_(path + ".part") {
    file_ = std::fopen(part_.c_str(), "wb");
    if (file_ == nullptr) Fail("create");
  }

  ~PartFile() {
    if (file_ == nullptr) return;
    std::fclose(file_);
    std::remove(part_.c_str());
  }

  void Write(const std::string& bytes) {
    if (status_.ok() && std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) Fail("write");
  }

  absl::Status Commit() {
    if (!status_.ok()) return status_;
    const bool closed = std::fclose(std::exchange(file_, nullptr)) == 0;
    if (!closed) {
      Fail("write");
    } else if (std::rename(part_.c_str(), path_.c_str()) != 0) {
      Fail("rename");
    }
    if (!status_.ok()) std::remove(part_.c_str());
    return status_;
  }

  // INTERNAL since the first operation that failed.
  const absl::Status& status() const { return status_; }

 private:
  void Fail(const std::string& what) {
    status_ = absl::InternalError(absl::StrCat("cannot ", what, " ", part_, ": ", std::strerror(errno)));
  }

  const std::string path_;
  const std::string part_;
  std::FILE* file_ = nullptr;
  absl::Status status_;
};

// One download across its streams.
class Download {
 public:
  Download(const std::string& path, const DownloadOptions& options) : options_(options), file_(path) {}

  int64_t offset() const { return offset_; }
  // OK until the file cannot be written or the bytes do not fit together.
  absl::Status status() const { return status_.ok() ? file_.status() : status_; }
  bool complete() const { return total_ > 0 && offset_ == total_; }
  bool short_of_total() const { return total_ > 0 && offset_ < total_; }

  // True when the message brought bytes.
  bool Take(const DownloadGenerationResultResponse& response) {
    if (response.total_size_bytes() > 0) TakeTotal(response.total_size_bytes());
    if (!response.content_type().empty()) result_.content_type = response.content_type();
    const std::string& data = response.data();
    if (total_ > 0 && offset_ + static_cast<int64_t>(data.size()) > total_) {
      status_ = absl::DataLossError(absl::StrCat("more bytes came than the announced ", total_));
    }
    if (!status().ok()) return false;
    file_.Write(data);
    digest_.Add(data);
    offset_ += static_cast<int64_t>(data.size());
    if (options_.on_progress) options_.on_progress(offset_, total_);
    return !data.empty();
  }

  absl::StatusOr<DownloadResult> Commit() {
    if (!status().ok()) return status();
    absl::Status committed = file_.Commit();
    if (!committed.ok()) return committed;
    result_.size_bytes = offset_;
    result_.sha256 = digest_.Hex();
    return result_;
  }

 private:
  void TakeTotal(int64_t total) {
    if (total_ > 0 && total != total_) {
      status_ = absl::DataLossError(absl::StrCat("the file changed from ", total_, " to ", total, " bytes meanwhile"));
    }
    total_ = total;
  }

  const DownloadOptions& options_;
  PartFile file_;
  Sha256 digest_;
  int64_t offset_ = 0;
  int64_t total_ = 0;
  absl::Status status_;
  DownloadResult result_;
};

}  // namespace

absl::StatusOr<DownloadResult> Client::DownloadGenerationResult(const std::string& name, const std::string& path,
                                                                const DownloadOptions& options) {
  const absl::Time deadline = Deadline(options, absl::InfiniteDuration());
  Attempts attempts(options_, options.canceller, deadline);
  DownloadGenerationResultRequest request;
  request.set_name(name);
  request.set_part(options.part);
  Download download(path, options);
  if (!download.status().ok()) return download.status();
  while (true) {
    request.set_offset(download.offset());
    grpc::ClientContext context;
    Prepare(context, deadline);
    Canceller::Attachment attachment(options.canceller, &context);
    StreamReader<DownloadGenerationResultResponse> reader(
        context, options_.stream_idle_timeout, [&](grpc::CompletionQueue* queue, void* tag) {
          return tasks_->AsyncDownloadGenerationResult(&context, request, queue, tag);
        });
    DownloadGenerationResultResponse response;
    while (download.status().ok() && reader.Read(&response)) {
      if (download.Take(response)) attempts.Progressed();
    }
    if (!download.status().ok()) return download.status();
    grpc::Status status = reader.Finish();
    if (download.complete()) return download.Commit();
    if (attempts.cancelled()) return absl::CancelledError("cancelled by the caller");
    if (attempts.expired()) return absl::DeadlineExceededError("the time for the download is over");
    if (status.ok() && !download.short_of_total()) return download.Commit();
    if (status.ok()) status = grpc::Status(grpc::StatusCode::UNAVAILABLE, "the stream ended before the last byte");
    if (const auto end = attempts.AfterStream(status); end.has_value()) return *end;
  }
}

}  // namespace seedance::client
