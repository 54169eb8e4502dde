#ifndef SEEDANCE_TESTS_TESTING_NO_THREADS_H_
#define SEEDANCE_TESTS_TESTING_NO_THREADS_H_

#include <sys/types.h>

#include <cstddef>

namespace seedance::testing {

// A user id that no other process of the machine is likely to have, so that limits per user bind one process only.
uid_t OwnUserId();

// For a child process that a test forked: as long as `allowed` is false pthread_create fails with EAGAIN, because the
// process has all the threads that its user may have. The first call gives up root, which such limits do not bind.
// Aborts when it cannot.
void AllowNewThreads(bool allowed);
// The same with a number: so many besides those that it has.
void AllowFurtherThreads(size_t count);

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_TESTING_NO_THREADS_H_
