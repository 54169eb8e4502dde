#include "client/cpp/ctl/labels.h"

namespace seedance::client::ctl {

absl::Status ParseLabels(const std::vector<std::string>& texts,
                         google::protobuf::Map<std::string, std::string>& labels) {
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError("label \"" + text + "\" is not KEY=VALUE");
    }
    const std::string key = text.substr(0, equals);
    if (labels.contains(key)) return absl::InvalidArgumentError("label \"" + key + "\" is given twice");
    labels[key] = text.substr(equals + 1);
  }
  return absl::OkStatus();
}

}  // namespace seedance::client::ctl
