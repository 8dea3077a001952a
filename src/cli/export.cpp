#include "cli/command.hpp"
#include "cli/export_output.hpp"
#include "cli/export_source.hpp"
#include "cli/file_safety.hpp"
#include "cli/options.hpp"
#include "cli/progress.hpp"
#include "cli/server_flags.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>

namespace carrel::cli {
namespace {

// A page is held in memory; what its request and reply cost besides is little beside it.
constexpr std::int64_t page_events = 5000;

struct export_settings {
    server_flags server;
    std::string database, output, from, to, search;
    std::string format = "ndjson";
    std::vector<std::string> fields, filters;
    std::int64_t limit = 0;  // 0: all
    bool resumes = false;
};

std::optional<int> parse_export(std::span<char*> arguments, export_settings& into) {
    CLI::App app("Writes events in the order of receipt. A file grows as OUTPUT.part until it is whole.", "export");
    add_server_flags(app, into.server, "server to ask");
    auto* database = app.add_option("--database", into.database, "database to read, while no server has it");
    exclude_server_flags(app, *database);
    auto* output = app.add_option("--output", into.output, "file to write; stdout without it");
    app.add_flag("--resume", into.resumes, "go on with what an earlier run left of the file")->needs(output);
    app.add_option("--format", into.format, "ndjson or csv")
        ->check(CLI::IsMember({"ndjson", "csv"}))
        ->capture_default_str();
    app.add_option("--fields", into.fields, "columns and paths, instead of whole events")->delimiter(',');
    app.add_option("--from", into.from, "only events at or after this time");
    app.add_option("--to", into.to, "only events before this time");
    app.add_option("--q", into.search, "only events that a query finds");
    app.add_option("--filter", into.filters, "NAME=VALUE as in GET /events; may come again")
        ->check([](const std::string& text) { return text.find('=') == text.npos ? "must be NAME=VALUE" : ""; });
    app.add_option("--limit", into.limit, "at most so many events")->check(CLI::PositiveNumber);
    return parse(app, arguments);
}

query_list filters_of(const export_settings& settings) {
    query_list made;
    const auto add = [&](std::string name, const std::string& value) {
        if (!value.empty()) made.emplace_back(std::move(name), value);
    };
    add("from", settings.from);
    add("to", settings.to);
    add("q", settings.search);
    for (const std::string& each : settings.filters)
        made.emplace_back(each.substr(0, each.find('=')), each.substr(each.find('=') + 1));
    return made;
}

// The id comes first in each row, so that the next page, or the next run, knows where to go on.
std::string fields_of(const export_settings& settings) {
    if (settings.fields.empty()) return {};
    std::string made = settings.fields.front() == "id" ? "" : "id,";
    for (std::size_t i = 0; i < settings.fields.size(); ++i) made += (i == 0 ? "" : ",") + settings.fields[i];
    return made;
}

std::string words_of(const error& why) { return why.diagnostic().empty() ? why.message() : why.diagnostic(); }

class exporter {
public:
    exporter(const export_settings& settings, export_source& source, export_output& output)
        : settings_(settings),
          source_(source),
          output_(output),
          filters_(filters_of(settings)) {}

    result<std::int64_t> run() {
        progress_bar bar("export");
        // What a search finds is known only once it has looked at everything.
        const auto all = settings_.search.empty() ? source_.count(filters_) : result<std::int64_t>(0);
        for (;;) {
            const std::int64_t wanted =
                settings_.limit == 0 ? page_events : std::min(page_events, settings_.limit - output_.rows());
            if (wanted <= 0) break;
            auto page =
                source_.rows(query_for(wanted), settings_.format == "csv" ? "text/csv" : "application/x-ndjson");
            if (!page) return page.error();
            auto rows = output_.write(*page);
            if (!rows) return unwritten(rows.error());
            bar.show(
                all && *all > 0 ? std::min(1.0, static_cast<double>(output_.rows()) / static_cast<double>(*all)) : 0,
                std::to_string(output_.rows()) + " events");
            if (*rows < wanted) break;
        }
        if (auto done = output_.finish(); !done) return unwritten(done.error());
        return output_.rows();
    }

    /// Whether what failed was to write, and not the source.
    bool is_unwritten() const noexcept { return is_unwritten_; }

private:
    // A row that is not whole came so.
    error unwritten(const error& why) {
        is_unwritten_ = why.code() != boost::system::errc::protocol_error;
        return why;
    }
    query_list query_for(std::int64_t wanted) const {
        query_list query = filters_;
        query.emplace_back("limit", std::to_string(wanted));
        if (!output_.last_id().empty()) query.emplace_back("after", output_.last_id());
        if (const std::string fields = fields_of(settings_); !fields.empty()) query.emplace_back("fields", fields);
        return query;
    }

    const export_settings& settings_;
    export_source& source_;
    export_output& output_;
    query_list filters_;
    bool is_unwritten_ = false;
};

result<std::unique_ptr<export_source>> source_of(const export_settings& settings, int& status) {
    if (settings.database.empty()) {
        server_fault fault;
        const auto server = server_of(settings.server, fault);
        status = fault.status;
        if (!server) return error(error_code(EINVAL, boost::system::generic_category()), fault.why);
        return make_remote_source(*server);
    }
    status = exit_file;
    std::error_code ec;
    if (!std::filesystem::exists(settings.database, ec))
        return error(error_code(ENOENT, boost::system::generic_category()), settings.database + " does not exist");
    status = exit_permission;
    if (const auto why = unsafe_database(settings.database); !why.empty())
        return error(error_code(EPERM, boost::system::generic_category()), why);
    auto made = make_local_source(settings.database);
    if (made) return made;
    status = exit_status_of(made.error());
    return error(made.error().code(), explain(made.error(), settings.database));
}

}  // namespace

int export_events(std::span<char*> arguments) {
    export_settings settings;
    if (const auto ended = parse_export(arguments, settings)) return *ended;
    const bool hides_id = !settings.fields.empty() && settings.fields.front() != "id";
    if (settings.resumes && hides_id) return unusable("export: --resume needs id as the first of --fields");
    int status = exit_done;
    auto source = source_of(settings, status);
    if (!source) return unusable("export: " + words_of(source.error()), status);
    auto output = export_output::open(settings.output, settings.format == "csv", settings.resumes, hides_id);
    if (!output) return unusable("export: " + words_of(output.error()), exit_status_of(output.error()));
    const std::int64_t before = output->rows();
    exporter work(settings, **source, *output);
    auto rows = work.run();
    if (!rows) {
        const bool is_ours = !settings.database.empty() || work.is_unwritten();
        return unusable("export: " + words_of(rows.error()) + (settings.output.empty() ? "" : "; go on with --resume"),
                        is_ours ? exit_file : exit_network);
    }
    if (!settings.output.empty()) {
        std::cout << settings.output << ": " << *rows << " events";
        if (before > 0) std::cout << ", " << before << " of them by an earlier run";
        std::cout << std::endl;
    }
    return exit_done;
}

}  // namespace carrel::cli
