#ifndef SEEDANCE_CLIENT_CPP_CTL_JSON_H_
#define SEEDANCE_CLIENT_CPP_CTL_JSON_H_

#include <google/protobuf/message.h>

#include <string>
#include <vector>

namespace seedance::client::ctl {

// Protobuf JSON with the proto's field names: indented, or as one line. Ends in a newline.
std::string ToJson(const google::protobuf::Message& message);
std::string ToJsonLine(const google::protobuf::Message& message);

// One array of all messages, one message a line.
template <typename Message>
std::string ToJsonArray(const std::vector<Message>& messages) {
  std::string text = "[";
  for (size_t i = 0; i < messages.size(); ++i) {
    text += i == 0 ? "\n" : ",\n";
    text += ToJsonLine(messages[i]);
    text.pop_back();
  }
  return text + (messages.empty() ? "]\n" : "\n]\n");
}

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_JSON_H_
