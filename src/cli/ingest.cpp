#include "base/uuid.hpp"
#include "cli/command.hpp"
#include "cli/file_safety.hpp"
#include "cli/ingest_target.hpp"
#include "cli/options.hpp"
#include "cli/progress.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <iostream>

namespace carrel::cli {
namespace {

struct ingest_settings {
    std::vector<std::string> files;
    std::string url = "http://127.0.0.1:8080";
    std::string database;
    std::string run;
};

std::optional<int> parse_ingest(std::span<char*> arguments, ingest_settings& into) {
    CLI::App app("Puts events from NDJSON files into a server or a database. Exit status 1: a line was refused.",
                 "ingest");
    app.add_option("FILE", into.files, "NDJSON, gzip'd or not; - for stdin")->required();
    auto* url = app.add_option("--url", into.url, "server to send to")->capture_default_str();
    app.add_option("--database", into.database, "database to write to, while no server has it")->excludes(url);
    app.add_option("--run", into.run, "name of this run: repeated under it, what was stored is not stored twice")
        ->check([](const std::string& name) {
            return siem::is_valid_id(name) && name.size() <= 64
                       ? std::string()
                       : std::string("must be 1 to 64 of A-Z, a-z, 0-9, _ and -");
        });
    return parse(app, arguments);
}

void print(std::string_view what, const tally& of) {
    std::cout << what << ": " << of.accepted << " accepted, " << of.rejected << " rejected\n";
    for (const auto& each : of.refused) std::cout << "  line " << each.line << ": " << each.detail << '\n';
    const auto unlisted = of.rejected - static_cast<std::int64_t>(of.refused.size());
    if (unlisted > 0) std::cout << "  and " << unlisted << " more lines\n";
}

// What a target reports when it refuses what it was given.
const error_code bad_content(EBADMSG, boost::system::generic_category());

// What ended a file before its end.
struct ingest_failure {
    error why;
    bool is_source = false;  // the file's fault: the next one may be sound
};

std::optional<ingest_failure> ingest_file(text_source& source, progress_bar& bar, ingest_target& target, tally& into) {
    const auto outcome_of = [](const result<void>& done) -> std::optional<ingest_failure> {
        if (done) return std::nullopt;
        return ingest_failure{done.error(), done.error().code() == bad_content};
    };
    line_blocks blocks(source, target.block_bytes_max());
    line_block block;
    target.begin_file();
    for (;;) {
        auto more = blocks.next(block);
        if (!more || !*more) {
            auto ended = outcome_of(target.end_file(into));
            if (!more && !ended) return ingest_failure{more.error(), true};
            return ended;
        }
        bar.show(source.fraction(), "to line " + std::to_string(block.first_line));
        if (auto failed = outcome_of(target.take(block, into))) return failed;
    }
}

// An error's own words come first: they name the file, the line or what the server said.
std::string plain(const error& why) {
    if (why.diagnostic().empty()) return why.message();
    const bool says_all =
        why.code() == bad_content || why.code() == error_code(EPROTO, boost::system::generic_category());
    return says_all ? why.diagnostic() : why.diagnostic() + ": " + why.code().message();
}

void print_total(const tally& total) {
    std::cout << "total: " << total.accepted << " accepted, " << total.rejected << " rejected" << std::endl;
}

// `again` is how the same run is repeated so that nothing is stored twice.
int ingest_files(const std::vector<std::string>& files, std::vector<text_source>& sources, ingest_target& target,
                 const std::string& again) {
    tally total;
    bool is_whole = true;
    for (std::size_t i = 0; i < files.size(); ++i) {
        tally of_file;
        const auto failed = [&] {
            progress_bar bar(files[i]);
            return ingest_file(sources[i], bar, target, of_file);
        }();
        print(files[i], of_file);
        total.accepted += of_file.accepted;
        total.rejected += of_file.rejected;
        if (!failed) continue;
        if (!failed->is_source) {
            print_total(total);
            return unusable("ingest: " + files[i] + ": " + plain(failed->why) + again,
                            again.empty() ? exit_file : exit_network);
        }
        is_whole = false;
        unusable("ingest: " + files[i] + ": " + plain(failed->why) + "; what was accepted before stays");
    }
    print_total(total);
    return is_whole && total.rejected == 0 ? exit_done : exit_failed;
}

}  // namespace

int ingest(std::span<char*> arguments) {
    ingest_settings settings;
    if (const auto ended = parse_ingest(arguments, settings)) return *ended;
    // All files are opened first: a wrong name is reported before anything is sent.
    std::vector<text_source> sources;
    for (const auto& file : settings.files) {
        auto opened = text_source::open(file);
        if (!opened) return unusable("ingest: " + plain(opened.error()), exit_status_of(opened.error()));
        sources.push_back(std::move(*opened));
    }
    if (!settings.database.empty()) {
        if (const auto why = unsafe_database(settings.database); !why.empty())
            return unusable("ingest: " + why, exit_permission);
        auto target = make_local_target(settings.database);
        if (!target)
            return unusable("ingest: " + explain(target.error(), settings.database), exit_status_of(target.error()));
        return ingest_files(settings.files, sources, **target, "");
    }
    const auto server = parse_url(settings.url);
    if (!server) return unusable("ingest: --url: '" + settings.url + "' is not http://HOST:PORT");
    if (settings.run.empty()) settings.run = siem::uuid_generator()();
    return ingest_files(settings.files, sources, *make_remote_target(*server, settings.run),
                        "; to repeat it without storing anything twice, add --run " + settings.run);
}

}  // namespace carrel::cli
