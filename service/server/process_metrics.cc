#include "service/server/process_metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>

#include "absl/time/time.h"

namespace seedance::server {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double ProcessorSeconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
}

// Entries of a folder of /proc/self; with the one that reads it.
double CountEntries(const char* path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path), &closedir);
  if (folder == nullptr) return 0;
  double count = -2;  // Itself and its parent.
  while (readdir(folder.get()) != nullptr) ++count;
  return count;
}

}  // namespace

void ExportProcess(base::Metrics& metrics, base::Clock& clock) {
  metrics.Gauge("process_start_time_seconds").Set(absl::ToDoubleSeconds(clock.Now() - absl::UnixEpoch()));
  base::Counter processor = metrics.Counter("process_cpu_seconds_total");
  base::Gauge resident = metrics.Gauge("process_resident_memory_bytes");
  base::Gauge virtual_memory = metrics.Gauge("process_virtual_memory_bytes");
  base::Gauge open_files = metrics.Gauge("process_open_fds");
  base::Gauge max_files = metrics.Gauge("process_max_fds");
  base::Gauge threads = metrics.Gauge("process_threads");
  // Shared, because a scrape runs a copy of this. One scrape runs at a time.
  const auto counted = std::make_shared<double>(0);
  metrics.AtScrape([=]() mutable {
    const double used = ProcessorSeconds();
    processor.Add(used - *counted);
    *counted = used;
    double pages_in_all = 0;
    double pages_resident = 0;
    std::ifstream("/proc/self/statm") >> pages_in_all >> pages_resident;
    const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
    resident.Set(pages_resident * page);
    virtual_memory.Set(pages_in_all * page);
    open_files.Set(CountEntries("/proc/self/fd"));
    rlimit files = {};
    getrlimit(RLIMIT_NOFILE, &files);
    max_files.Set(static_cast<double>(files.rlim_cur));
    threads.Set(CountEntries("/proc/self/task"));
  });
}

}  // namespace seedance::server
