#ifndef SEEDANCE_CLIENT_CPP_CTL_NAMES_H_
#define SEEDANCE_CLIENT_CPP_CTL_NAMES_H_

#include <string>
#include <string_view>

namespace seedance::client::ctl {

// Full resource names from what people type: the collection is put in front where it is missing.
std::string GroupName(std::string_view text);
std::string AssetName(std::string_view text);
std::string TaskName(std::string_view text);

// The last part of a name, for narrow places.
std::string ShortName(std::string_view name);

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_NAMES_H_
