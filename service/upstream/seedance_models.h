#ifndef SEEDANCE_SERVICE_UPSTREAM_SEEDANCE_MODELS_H_
#define SEEDANCE_SERVICE_UPSTREAM_SEEDANCE_MODELS_H_

#include "service/model/profile.h"

// What the Seedance models take at their origin, whoever sells them: Volcengine Ark (`doubao-...`) and BytePlus
// ModelArk
// (`dreamina-...`). The dialects give the rows their names, and put over them what the pages of their own vendor say.
namespace seedance::upstream {

model::ModelProfile Seedance20();
model::ModelProfile Seedance20Fast();  // And mini, which has the same rules.
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
