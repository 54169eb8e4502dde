#ifndef SEEDANCE_CLIENT_CPP_CTL_OUTPUT_H_
#define SEEDANCE_CLIENT_CPP_CTL_OUTPUT_H_

#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <vector>

namespace seedance::client::ctl {

// How results are written: for people, or as messages for programs.
enum class Format { kTable, kJson, kYaml, kName };

// The words of -o.
const std::vector<std::string>& FormatWords();
// Of one of these words.
Format FormatOf(std::string_view word);

// One message, not as kTable; ends in a newline.
//   kJson: protobuf JSON with the proto's field names, indented
//   kYaml: the same in blocks; texts stay quoted as in JSON
//   kName: its `name`, else `request_id`, else `model`, else that of the first message in it; nothing without one
//
// Tests: tests/unit/client/ctl/output_test.cc
std::string Print(const google::protobuf::Message& message, Format format);

// One of a stream of messages: a line of JSON, a YAML document, a name.
std::string PrintNext(const google::protobuf::Message& message, Format format);

// A list: an array of JSON with one message a line, a sequence of YAML, names.
std::string PrintAll(const std::vector<const google::protobuf::Message*>& messages, Format format);

template <typename Message>
std::string PrintAll(const std::vector<Message>& messages, Format format) {
  std::vector<const google::protobuf::Message*> all;
  for (const Message& message : messages) all.push_back(&message);
  return PrintAll(all, format);
}

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_OUTPUT_H_
