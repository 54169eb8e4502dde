#ifndef SEEDANCE_SERVICE_CONFIG_YAML_MESSAGE_H_
#define SEEDANCE_SERVICE_CONFIG_YAML_MESSAGE_H_

#include <google/protobuf/message.h>

#include <map>
#include <string>
#include <vector>

namespace seedance::config {

// Something wrong in a configuration file.
struct ConfigProblem {
  std::string field;  // Path, for example `upstreams[0].anyfast.http.max_polls`. Empty: the file as a whole.
  std::string what;
  int line = 0;  // From 1; 0: not known.
};

// Reads YAML text into `message` by the message's own schema: maps are messages or map fields, sequences are
// repeated fields, text is text even if it looks like a number. Durations are written `15s`, `0.5s`, `2h`; enums by
// name. Adds a problem for each unknown or repeated field, each value of a wrong kind, and each second member of a
// oneof; reads on after it. Returns the line of every field that it saw.
std::map<std::string, int> ReadYaml(const std::string& text, google::protobuf::Message& message,
                                    std::vector<ConfigProblem>& problems);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_YAML_MESSAGE_H_
