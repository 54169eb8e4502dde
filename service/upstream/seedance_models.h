#ifndef SEEDANCE_SERVICE_UPSTREAM_SEEDANCE_MODELS_H_
#define SEEDANCE_SERVICE_UPSTREAM_SEEDANCE_MODELS_H_

#include "service/model/profile.h"

// Limits of the Seedance models at their origin, whoever sells them: Volcengine Ark (`doubao-...`) and BytePlus
// ModelArk (`dreamina-...`). The dialects name the rows and override them with what their own vendor documents.
//
// Tests: tests/unit/upstream/anyfast/profiles_test.cc, tests/unit/upstream/piapi/profiles_test.cc
namespace seedance::upstream {

model::ModelProfile Seedance20();
model::ModelProfile Seedance20Fast();  // Also mini, which has the same limits.
model::ModelProfile Seedance25();
model::ModelProfile Seedance25Premium();
model::ModelProfile Seedance25Flash();
model::ModelProfile Seedance15Pro();
model::ModelProfile Seedance10Pro();
model::ModelProfile Seedance10ProFast();
model::ModelProfile Seedance10LiteI2v();
model::ModelProfile Seedance10LiteT2v();

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_SEEDANCE_MODELS_H_
