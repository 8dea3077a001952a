#include "cli/command.hpp"
#include "cli/file_safety.hpp"
#include "cli/import_files.hpp"
#include "cli/import_kinds.hpp"
#include "cli/import_target.hpp"
#include "cli/options.hpp"
#include "cli/progress.hpp"
#include "cli/server_flags.hpp"
#include "json/reader.hpp"

#include <boost/json/value.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <iostream>

namespace carrel::cli {
namespace {

struct import_settings {
    std::vector<std::string> files;
    server_flags server;
    std::string database;
    bool dry_run = false;
};

std::optional<int> parse_import(const import_kind& kind, std::span<char*> arguments, import_settings& into) {
    CLI::App app(std::string(kind.summary), "import " + std::string(kind.name));
    app.add_option("FILE", into.files, std::string(kind.files) + "; - for stdin")->required();
    add_server_flags(app, into.server, "server to send to");
    auto* database = app.add_option("--database", into.database, "database to write to, while no server has it");
    exclude_server_flags(app, *database);
    app.add_flag("--dry-run", into.dry_run, "tell what would happen, store nothing");
    return parse(app, arguments);
}

bool is_content(const error& why) { return why.code() == error_code(EBADMSG, boost::system::generic_category()); }

// An error's own words come first: they name the file, or are what the server said.
std::string plain(const error& why) {
    if (why.diagnostic().empty()) return why.message();
    const bool says_all = is_content(why) || why.code() == error_code(EPROTO, boost::system::generic_category());
    return says_all ? why.diagnostic() : why.diagnostic() + ": " + why.code().message();
}

// One run of the command over its files.
class import_run {
public:
    import_run(const import_kind& kind, const import_settings& settings, import_target& target)
        : kind_(kind),
          settings_(settings),
          target_(target) {}

    int run() {
        for (std::size_t i = 0; i < settings_.files.size(); ++i) {
            const std::string& file = settings_.files[i];
            auto answered = send(file, static_cast<double>(i) / static_cast<double>(settings_.files.size()));
            if (answered) {
                print(file, *answered);
                continue;
            }
            const error& failed = answered.error();
            const std::string why = said(is_of_file_ ? plain(failed) : file + ": " + plain(failed));
            if (!is_content(failed)) return unusable(why, status_of(failed));
            unusable(why);
            is_whole_ = false;
        }
        return is_whole_ && refused_ == 0 ? exit_done : exit_failed;
    }

private:
    int status_of(const error& why) const {
        return settings_.database.empty() && !is_of_file_ ? exit_network : exit_status_of(why);
    }
    std::string said(const std::string& what) const { return "import " + std::string(kind_.name) + ": " + what; }

    result<std::string> send(const std::string& file, double fraction) {
        progress_bar bar(file);
        bar.show(fraction, "reading");
        auto body = read_import_file(file, kind_.endings);
        is_of_file_ = !body;
        if (!body) return body.error();
        bar.show(fraction, "storing " + std::to_string((body->size() >> 10) + 1) + " KiB");
        return target_.post(kind_.path, settings_.dry_run, *body);
    }
    void print(const std::string& file, const std::string& answer) {
        json::parse_failure failure;
        const auto* value = reader_.parse(answer, failure);
        const auto* reply = value == nullptr ? nullptr : value->if_object();
        if (reply == nullptr) {
            unusable(said(file + ": the server did not answer as carrel does"));
            is_whole_ = false;
            return;
        }
        refused_ += kind_.print(file, *reply);
        if (settings_.dry_run) std::cout << "  nothing was stored: --dry-run\n";
        std::cout.flush();
    }

    const import_kind& kind_;
    const import_settings& settings_;
    import_target& target_;
    json::reader reader_;
    std::int64_t refused_ = 0;
    bool is_whole_ = true;
    bool is_of_file_ = false;  // the last error
};

int run_import(const import_kind& kind, std::span<char*> arguments) {
    import_settings settings;
    if (const auto ended = parse_import(kind, arguments, settings)) return *ended;
    const std::string name = "import " + std::string(kind.name);
    // A wrong name is reported before anything is sent.
    for (const std::string& each : settings.files)
        if (auto known = check_import_file(each, kind.endings); !known)
            return unusable(name + ": " + plain(known.error()), exit_status_of(known.error()));
    if (settings.database.empty()) {
        server_fault fault;
        const auto server = server_of(settings.server, fault);
        if (!server) return unusable(name + ": " + fault.why, fault.status);
        return import_run(kind, settings, *make_remote_import(*server)).run();
    }
    if (const auto why = unsafe_database(settings.database); !why.empty())
        return unusable(name + ": " + why, exit_permission);
    auto target = make_local_import(settings.database);
    if (!target)
        return unusable(name + ": " + explain(target.error(), settings.database), exit_status_of(target.error()));
    return import_run(kind, settings, **target).run();
}

std::string names_of_kinds() {
    std::string list;
    for (const import_kind& each : import_kinds()) list.append(list.empty() ? "" : ", ").append(each.name);
    return list;
}

void write_help() {
    std::cout << "Usage: carrel import KIND FILE... [OPTIONS]\n\nKinds:\n";
    for (const import_kind& each : import_kinds())
        std::cout << "  " << each.name << std::string(10 - each.name.size(), ' ') << each.summary << '\n';
    std::cout << "\ncarrel import KIND --help shows the options.\n";
}

}  // namespace

int import_content(std::span<char*> arguments) {
    const std::string_view name = arguments.size() > 1 ? arguments[1] : "";
    if (name == "--help" || name == "-h") return write_help(), exit_done;
    const auto kinds = import_kinds();
    const auto kind =
        std::find_if(kinds.begin(), kinds.end(), [&](const import_kind& each) { return each.name == name; });
    if (kind != kinds.end()) return run_import(*kind, arguments.subspan(1));
    return unusable("import: what is imported must be one of " + names_of_kinds() +
                    "; carrel import --help tells more");
}

}  // namespace carrel::cli
