#ifndef SEEDANCE_SERVICE_UPSTREAM_ANYFAST_PROFILES_H_
#define SEEDANCE_SERVICE_UPSTREAM_ANYFAST_PROFILES_H_

#include <optional>
#include <string>
#include <vector>

#include "service/model/profile.h"

namespace seedance::upstream {

// Rules of an AnyFast model. nullopt for a name that is not known: the vendor would take the request and may bill it
// before it finds that there is no such model, so a guess is refused here.
std::optional<model::ModelProfile> AnyFastProfile(const std::string& model);

// The names that AnyFastProfile knows; those that end in `*` stand for every name with that beginning.
std::vector<std::string> AnyFastModels();

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ANYFAST_PROFILES_H_
