#ifndef SEEDANCE_CLIENT_CPP_CTL_RECONCILE_H_
#define SEEDANCE_CLIENT_CPP_CTL_RECONCILE_H_

#include <CLI/App.hpp>

#include "client/cpp/ctl/session.h"

namespace seedance::client::ctl {

// `tasks reconcile`: settles tasks of which it is not known whether the vendor took them, and tells a person what is
// left to do.
void AddReconcileCommand(CLI::App& noun, Session& session);

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_RECONCILE_H_
