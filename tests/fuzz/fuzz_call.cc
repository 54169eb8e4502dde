#include "tests/fuzz/fuzz_call.h"

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"

namespace seedance::fuzz {
namespace {

std::shared_ptr<grpc::Channel> OwnConnection(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

std::string StringOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  buffer.Dump(&slices);
  std::string bytes;
  for (const grpc::Slice& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

grpc::ByteBuffer BufferOf(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

// Reads a line of SerializeEntry into `call`.
bool ReadLine(absl::string_view name, absl::string_view value, FuzzCall& call) {
  size_t number = 0;
  if (name == "path") {
    call.path = std::string(value);
  } else if (name == "token") {
    call.token = std::string(value);
  } else if (name == "message") {
    return absl::Base64Unescape(value, &call.messages.emplace_back());
  } else if (name == "half_close") {
    call.half_close = value == "1";
  } else if (name == "deadline") {
    return absl::ParseDuration(value, &call.deadline);
  } else if (!absl::SimpleAtoi(value, &number)) {
    return false;
  } else if (name == "cancel_at") {
    call.cancel_at = number;
  } else if (name == "read_most") {
    call.read_most = number;
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::string SerializeEntry(const FuzzCall& call) {
  std::string text = absl::StrCat("path ", call.path, "\ntoken ", call.token, "\nhalf_close ", call.half_close ? 1 : 0,
                                  "\ndeadline ", absl::FormatDuration(call.deadline), "\n");
  if (call.cancel_at.has_value()) absl::StrAppend(&text, "cancel_at ", *call.cancel_at, "\n");
  if (call.read_most.has_value()) absl::StrAppend(&text, "read_most ", *call.read_most, "\n");
  for (const std::string& message : call.messages)
    absl::StrAppend(&text, "message ", absl::Base64Escape(message), "\n");
  return text;
}

absl::StatusOr<FuzzCall> ParseEntry(const std::string& text) {
  FuzzCall call;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    if (!ReadLine(parts.first, parts.second, call)) {
      return absl::InvalidArgumentError(absl::StrCat("not a line of a call: ", line.substr(0, 80)));
    }
  }
  if (call.path.empty()) return absl::InvalidArgumentError("no line `path`");
  return call;
}

FuzzClient::FuzzClient(const std::string& address) : channel_(OwnConnection(address)), stub_(channel_) {}

FuzzClient::~FuzzClient() {
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
  }
}

bool FuzzClient::Done() {
  void* tag = nullptr;
  bool ok = false;
  return queue_.Next(&tag, &ok) && ok;
}

bool FuzzClient::Send(const FuzzCall& call, grpc::ClientContext& context, Stream& stream) {
  for (size_t i = 0; i <= call.messages.size(); ++i) {
    if (call.cancel_at == i) {
      context.TryCancel();
      return false;
    }
    if (i == call.messages.size()) break;
    stream.Write(BufferOf(call.messages[i]), this);
    // The server has ended the call.
    if (!Done()) return true;
  }
  if (call.half_close) {
    stream.WritesDone(this);
    Done();
  }
  return true;
}

void FuzzClient::Receive(const FuzzCall& call, grpc::ClientContext& context, Stream& stream, FuzzAnswer& answer) {
  for (grpc::ByteBuffer buffer;; buffer.Clear()) {
    if (call.read_most == answer.responses.size()) context.TryCancel();
    stream.Read(&buffer, this);
    if (!Done()) return;
    answer.responses.push_back(StringOf(buffer));
  }
}

FuzzAnswer FuzzClient::Perform(const FuzzCall& call, const std::string& trace_id) {
  FuzzAnswer answer;
  answer.trace_id = trace_id;
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + call.deadline));
  context.set_wait_for_ready(true);
  context.AddMetadata("traceparent", absl::StrCat("00-", trace_id, "-0000000000000001-00"));
  if (!call.token.empty()) context.AddMetadata("authorization", absl::StrCat("Bearer ", call.token));
  const std::unique_ptr<Stream> stream = stub_.PrepareCall(&context, call.path, &queue_);
  stream->StartCall(this);
  if (Done() && Send(call, context, *stream)) Receive(call, context, *stream, answer);
  stream->Finish(&answer.status, this);
  Done();
  return answer;
}

}  // namespace seedance::fuzz
