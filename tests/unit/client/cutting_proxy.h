#ifndef SEEDANCE_TESTS_UNIT_CLIENT_CUTTING_PROXY_H_
#define SEEDANCE_TESTS_UNIT_CLIENT_CUTTING_PROXY_H_

#include <condition_variable>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace seedance::client {

// Forwards TCP connections to a loopback port until it is told to cut them. New connections are accepted afterwards.
class CuttingProxy {
 public:
  explicit CuttingProxy(int target_port);
  ~CuttingProxy();

  std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }

  // Breaks every open connection.
  void Cut();
  // How many connections were made so far.
  int connections();

 private:
  void Accept();
  void Pump(int from, int to);

  const int target_port_;
  int listener_ = -1;
  int port_ = 0;
  std::mutex mutex_;
  bool stopping_ = false;  // Guarded by mutex_, like all below.
  int connections_ = 0;
  std::list<int> sockets_;
  std::list<std::thread> pumps_;
  std::thread acceptor_;
};

}  // namespace seedance::client

#endif  // SEEDANCE_TESTS_UNIT_CLIENT_CUTTING_PROXY_H_
