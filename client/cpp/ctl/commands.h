#ifndef SEEDANCE_CLIENT_CPP_CTL_COMMANDS_H_
#define SEEDANCE_CLIENT_CPP_CTL_COMMANDS_H_

#include <CLI/App.hpp>
#include <functional>
#include <string>
#include <vector>

#include "client/cpp/ctl/session.h"

namespace seedance::client::ctl {

// Each adds the commands of one noun to `app`; what was chosen ends up in `session.command`. `session` outlives `app`.
void AddGroupCommands(CLI::App& app, Session& session);
void AddAssetCommands(CLI::App& app, Session& session);
void AddGenerateCommand(CLI::App& app, Session& session);
void AddTaskCommands(CLI::App& app, Session& session);
void AddCreationCommands(CLI::App& app, Session& session);
void AddModelCommands(CLI::App& app, Session& session);
void AddDownloadCommand(CLI::App& app, Session& session);
void AddReplicasCommand(CLI::App& app, Session& session);
void AddHealthCommand(CLI::App& app, Session& session);
void AddContextCommands(CLI::App& app, Session& session);
void AddCompletionCommand(CLI::App& app, Session& session);

// Adds one command that runs `run` when it is chosen. `examples` are whole command lines for its help.
CLI::App* AddCommand(CLI::App& parent, Session& session, const std::string& name, const std::string& help,
                     const std::vector<std::string>& examples, std::function<int()> run);

// The command runs although no gateway can be told from the options and contexts.
void NeedsNoGateway(CLI::App* command, Session& session);

// Adds a noun that only holds commands.
CLI::App* AddNoun(CLI::App& app, const std::string& name, const std::string& help,
                  const std::vector<std::string>& examples);

// An option that may be given several times, with one value each time.
CLI::Option* AddRepeated(CLI::App* command, const std::string& name, std::vector<std::string>& values,
                         const std::string& help);

// `Examples:` and the lines, as the end of a help text.
std::string Examples(const std::vector<std::string>& lines);

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_COMMANDS_H_
