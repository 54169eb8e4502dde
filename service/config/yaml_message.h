#ifndef SEEDANCE_SERVICE_CONFIG_YAML_MESSAGE_H_
#define SEEDANCE_SERVICE_CONFIG_YAML_MESSAGE_H_

#include <google/protobuf/message.h>

#include <map>
#include <string>
#include <vector>

namespace seedance::config {

// A fault in a configuration file.
//
// Tests: tests/unit/config/config_test.cc
struct ConfigProblem {
  std::string field;  // Path, for example `upstreams[0].anyfast.http.max_polls`. Empty: the whole file.
  std::string what;   // The rule, as a text that continues the path.
  int line = 0;       // From 1; 0: unknown.
};

// A value for one field from elsewhere than the file: it replaces what the file has.
struct ConfigOverride {
  std::string source;             // For texts: `environment variable SEEDANCE__SERVER__LISTEN`.
  std::vector<std::string> path;  // Names of fields, and positions in lists from 0: `upstreams`, `0`, `name`.
  std::string value;              // YAML.
};

// Where fields come from, by their paths.
struct ConfigSources {
  std::map<std::string, int> lines;           // In the file, from 1.
  std::map<std::string, std::string> others;  // ConfigOverride::source.

  // Of the field, or of the nearest enclosing one: `line 12`, or a source. Empty: unknown.
  std::string Of(std::string field) const;
};

// Reads YAML text into `message` by the message's schema: maps are messages or map fields, sequences are repeated
// fields, text is text even if it looks like a number. Durations are written `15s`, `0.5s`, `2h`; enums by name.
// Appends a problem for each unknown or repeated field, each value of a wrong type and each second member of a oneof,
// and continues after it. Returns the sources of all fields that it has seen.
ConfigSources ReadYaml(const std::string& text, const std::vector<ConfigOverride>& overrides,
                       google::protobuf::Message& message, std::vector<ConfigProblem>& problems);

}  // namespace seedance::config

#endif  // SEEDANCE_SERVICE_CONFIG_YAML_MESSAGE_H_
