#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_TASK_FINGERPRINT_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_TASK_FINGERPRINT_H_

#include "service/model/generation_task.h"
#include "service/model/journal_entry.h"
#include "service/model/profile.h"

namespace seedance::engine {

// What the caller asked for, before any default, so that a changed default does not make a retry look like another
// request.
//
// Tests: tests/unit/engine/tasks/tasks_test.cc
model::Fingerprint FingerprintOf(const model::TaskRequest& request);

// Adds to the fingerprint of `task` that a request which names the upstream and the model that were chosen for it is
// the same request.
void AddChoices(const model::GenerationTask& task, model::Fingerprint& fingerprint);

// The same for the defaults that `asked` came to (`chosen`, as it was sent) at an upstream with this profile, written
// out or left out: the default model, its resolution, duration and sound, and the roles of references.
void AddModelDefaults(const model::UpstreamProfile& profile, const model::TaskRequest& asked,
                      const model::TaskRequest& chosen, model::Fingerprint& fingerprint);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_TASK_FINGERPRINT_H_
