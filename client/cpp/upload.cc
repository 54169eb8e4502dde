#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include "client/cpp/attempts.h"
#include "client/cpp/client.h"
#include "client/cpp/error.h"
#include "client/cpp/request_id.h"

namespace seedance::client {
namespace {

using gateway::v1::Asset;
using gateway::v1::UploadAssetRequest;
using Writer = grpc::ClientWriter<UploadAssetRequest>;

// Sends all bytes; stops early when the server has ended the call (its status says why). An error only where the source
// cannot be read.
absl::Status SendBytes(UploadSource& source, const UploadOptions& options, Writer& writer) {
  UploadAssetRequest message;
  int64_t sent = 0;
  while (true) {
    absl::StatusOr<std::string> chunk = source.Read(static_cast<size_t>(options.chunk_bytes));
    if (!chunk.ok()) return chunk.status();
    sent += static_cast<int64_t>(chunk->size());
    message.set_chunk(*std::move(chunk));
    if (message.chunk().empty() || !writer.Write(message)) return absl::OkStatus();
    if (options.on_progress) options.on_progress(sent, source.size());
  }
}

class FileSource : public UploadSource {
 public:
  FileSource(const std::string& path, int64_t size) : file_(path, std::ios::binary), size_(size) {}

  bool is_open() const { return file_.is_open(); }
  int64_t size() const override { return size_; }
  absl::Status Rewind() override {
    file_.clear();
    file_.seekg(0);
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> Read(size_t most) override {
    std::string bytes(most, '\0');
    file_.read(bytes.data(), static_cast<std::streamsize>(most));
    if (file_.bad()) return absl::InternalError("reading the file failed");
    bytes.resize(static_cast<size_t>(file_.gcount()));
    return bytes;
  }

 private:
  std::ifstream file_;
  const int64_t size_;
};

absl::StatusOr<int64_t> FileSize(const std::string& path) {
  struct stat facts;
  if (stat(path.c_str(), &facts) != 0) return absl::InvalidArgumentError("cannot read " + path + ": no such file");
  if (!S_ISREG(facts.st_mode)) return absl::InvalidArgumentError(path + " is not a regular file");
  return static_cast<int64_t>(facts.st_size);
}

}  // namespace

absl::StatusOr<Asset> Client::UploadFile(const std::string& path, UploadAssetRequest::Metadata metadata,
                                         const UploadOptions& options) {
  const absl::StatusOr<int64_t> size = FileSize(path);
  if (!size.ok()) return size.status();
  FileSource file(path, *size);
  if (!file.is_open()) return absl::InvalidArgumentError("cannot open " + path);
  if (metadata.file_name().empty()) metadata.set_file_name(std::filesystem::path(path).filename().string());
  return Upload(file, std::move(metadata), options);
}

absl::StatusOr<Asset> Client::Upload(UploadSource& source, UploadAssetRequest::Metadata metadata,
                                     const UploadOptions& options) {
  metadata.set_size_bytes(source.size());
  if (metadata.request_id().empty()) metadata.set_request_id(NewRequestId());
  UploadAssetRequest first;
  *first.mutable_metadata() = std::move(metadata);

  const absl::Time deadline = Deadline(options, options_.upload_timeout);
  Attempts attempts(options_, options.canceller, deadline);
  while (true) {
    if (absl::Status rewound = source.Rewind(); !rewound.ok()) return rewound;
    if (options.on_progress) options.on_progress(0, source.size());
    grpc::ClientContext context;
    Prepare(context, deadline);
    Canceller::Attachment attachment(options.canceller, &context);
    Asset asset;
    const std::unique_ptr<Writer> writer = assets_->UploadAsset(&context, &asset);
    absl::Status sent;
    if (writer->Write(first)) sent = SendBytes(source, options, *writer);
    // A stream that is cut creates nothing; one that ends short might.
    if (!sent.ok()) context.TryCancel();
    writer->WritesDone();
    const grpc::Status status = writer->Finish();
    if (!sent.ok()) return sent;
    if (status.ok()) return asset;
    if (const auto end = attempts.AfterCall(status); end.has_value()) return *end;
  }
}

}  // namespace seedance::client
