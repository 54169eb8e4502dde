#include "service/rpc/calls/trace.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace seedance::rpc {
namespace {

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsId(std::string_view text) { return IsHex(text) && text.find_first_not_of('0') != std::string_view::npos; }

}  // namespace

bool IsTraceparent(std::string_view text) {
  return text.size() == 55 && text.substr(0, 3) == "00-" && text[35] == '-' && text[52] == '-' &&
         IsId(text.substr(3, 32)) && IsId(text.substr(36, 16)) && IsHex(text.substr(53));
}

std::string ContinueTrace(std::string_view received, base::Random& random) {
  if (IsTraceparent(received)) return std::string(received);
  return absl::StrFormat("00-%016x%016x-%016x-00", random.Bits() | 1, random.Bits(), random.Bits() | 1);
}

std::string TraceId(std::string_view traceparent) { return std::string(traceparent.substr(3, 32)); }

}  // namespace seedance::rpc
