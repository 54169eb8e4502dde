#include "client/cpp/ctl/run.h"

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cpp/ctl/commands.h"
#include "client/cpp/ctl/completion.h"
#include "client/cpp/ctl/exit_code.h"
#include "client/cpp/ctl/nearest.h"
#include "client/cpp/ctl/session.h"
#include "client/cpp/ctl/version.h"

namespace seedance::client::ctl {
namespace {

void AddGlobalOptions(CLI::App& app, GlobalOptions& options) {
  for (const ConnectionField& field : ConnectionFields()) {
    app.add_option(absl::StrCat("--", field.option), options.connection.*field.value, field.help)
        ->type_name(field.type);
  }
  app.add_flag("--tls", options.connection.tls, "use TLS, with the system's authorities");
  app.add_option("--context", options.context, "gateway by name (env SEEDANCE_CONTEXT; see `seedancectl contexts`)")
      ->type_name("NAME");
  app.add_option("-o,--output", options.output, "table (for people), json or yaml (protobuf JSON), or name")
      ->type_name("FORMAT")
      ->check(CLI::IsMember(FormatWords()));
  app.add_option("--timeout", options.timeout, "time limit of the whole call, for example 90s or 5m")
      ->type_name("TIME");
  app.add_flag("--no-color", options.no_color, "no colours (or env NO_COLOR)");
  app.set_version_flag("--version", kVersionText);
}

// The command that the words chose so far.
const CLI::App& Chosen(const CLI::App& app) {
  const CLI::App* chosen = &app;
  for (auto within = app.get_subcommands(); !within.empty(); within = chosen->get_subcommands()) {
    chosen = within.back();
  }
  return *chosen;
}

// What to say of a command line that cannot be read; the exit code.
int Refuse(const CLI::App& app, const CLI::ParseError& error, Console& console) {
  const bool missing = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  const CLI::App& chosen = Chosen(app);
  const bool only_holds = chosen.get_require_subcommand_min() > 0;
  const std::vector<std::string> words = app.remaining(true);
  if (words.empty() && only_holds && missing) {
    console.out << chosen.help(&chosen == &app ? "" : app.get_name()) << std::flush;
    return kExitOk;
  }
  // CLI11 finds what is missing before it finds the word that was meant for it. Other faults, and --help, come first.
  const bool unknown = !words.empty() && (missing || dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr);
  if (!unknown) return app.exit(error, console.out, console.err) == 0 ? kExitOk : kExitInvalidInput;
  console.err << "no such command or option: " << words.front();
  if (const std::string meant = Nearest(words.front(), WordsOf(chosen)); !meant.empty()) {
    console.err << "; did you mean " << meant << "?";
  }
  console.err << "\nRun with --help for more information.\n" << std::flush;
  return kExitInvalidInput;
}

}  // namespace

std::string Examples(const std::vector<std::string>& lines) {
  std::string text = "Examples:\n";
  for (const std::string& line : lines) absl::StrAppend(&text, "  ", line, "\n");
  return text;
}

CLI::App* AddCommand(CLI::App& parent, Session& session, const std::string& name, const std::string& help,
                     const std::vector<std::string>& examples, std::function<int()> run) {
  CLI::App* command = parent.add_subcommand(name, help);
  command->footer(Examples(examples));
  command->final_callback([&session, run = std::move(run)] { session.command = run; });
  return command;
}

void NeedsNoGateway(CLI::App* command, Session& session) {
  command->preparse_callback([&session](size_t) { session.offline = true; });
}

CLI::App* AddNoun(CLI::App& app, const std::string& name, const std::string& help,
                  const std::vector<std::string>& examples) {
  CLI::App* noun = app.add_subcommand(name, help);
  noun->require_subcommand(1);
  noun->footer(Examples(examples));
  return noun;
}

CLI::Option* AddRepeated(CLI::App* command, const std::string& name, std::vector<std::string>& values,
                         const std::string& help) {
  return command->add_option(name, values, help)->allow_extra_args(false);
}

int Run(int argc, const char* const* argv, Console& console) {
  Session session(console);
  CLI::App app("seedancectl: make videos with seedance-gateway from the command line.", "seedancectl");
  // Global options may also follow the command.
  app.fallthrough();
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  AddGlobalOptions(app, session.options);
  AddGenerateCommand(app, session);
  AddTaskCommands(app, session);
  AddDownloadCommand(app, session);
  AddAssetCommands(app, session);
  AddGroupCommands(app, session);
  AddCreationCommands(app, session);
  AddModelCommands(app, session);
  AddReplicasCommand(app, session);
  AddHealthCommand(app, session);
  AddContextCommands(app, session);
  AddCompletionCommand(app, session);
  app.footer(
      Examples({"G=$(seedancectl groups create heroes)", "A=$(seedancectl assets upload hero.png --group $G --wait)",
                "seedancectl generate --prompt \"@image1 walks in the rain\" --ref $A \\", "    --download rain.mp4",
                "seedancectl tasks list --state running", "seedancectl generate --help"}) +
      "\nNames may be given with or without their collection (assets/..., generationTasks/...).\n"
      "Results go to standard output, progress and errors to standard error.\n\n" +
      kExitCodeHelp);
  // Asked by the shell: not a command, because what follows is no command line of ours yet.
  if (argc > 1 && argv[1] == std::string_view(kCompleteWord)) {
    console.out << CompletionText(app, std::vector<std::string>(argv + 2, argv + argc)) << std::flush;
    return kExitOk;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Refuse(app, error, console);
  }
  if (const absl::Status connected = session.offline ? absl::OkStatus() : session.Connect(); !connected.ok()) {
    session.Fail("options", connected);
    return kExitInvalidInput;
  }
  const int code = session.command();
  console.out.flush();
  return code;
}

}  // namespace seedance::client::ctl
