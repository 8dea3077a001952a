#include "cli/command.hpp"
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
};

std::optional<int> parse_ingest(std::span<char*> arguments, ingest_settings& into) {
    CLI::App app("Puts events from NDJSON files into a server or a database. Exit status 1: a line was refused.",
                 "ingest");
    app.add_option("FILE", into.files, "NDJSON, gzip'd or not; - for stdin")->required();
    auto* url = app.add_option("--url", into.url, "server to send to")->capture_default_str();
    app.add_option("--database", into.database, "database to write to, while no server has it")->excludes(url);
    return parse(app, arguments);
}

void print(std::string_view what, const tally& of) {
    std::cout << what << ": " << of.accepted << " accepted, " << of.rejected << " rejected\n";
    for (const auto& each : of.refused) std::cout << "  line " << each.line << ": " << each.detail << '\n';
    const auto untold = of.rejected - static_cast<std::int64_t>(of.refused.size());
    if (untold > 0) std::cout << "  and " << untold << " more lines\n";
}

result<void> ingest_file(text_source& source, progress_bar& bar, ingest_target& target, tally& into) {
    line_blocks blocks(source, target.block_bytes_max());
    line_block block;
    target.begin_file();
    for (;;) {
        auto more = blocks.next(block);
        if (!more) return more.error();
        if (!*more) return target.end_file(into);
        bar.show(source.fraction(), "to line " + std::to_string(block.first_line));
        if (auto taken = target.take(block, into); !taken) return taken;
    }
}

// An error's own words come first: they name the file, the line or what the server said.
std::string plain(const error& why) {
    if (why.diagnostic().empty()) return why.message();
    const bool says_all = why.code() == error_code(EPROTO, boost::system::generic_category());
    return says_all ? why.diagnostic() : why.diagnostic() + ": " + why.code().message();
}

int ingest_files(const std::vector<std::string>& files, std::vector<text_source>& sources, ingest_target& target) {
    tally total;
    for (std::size_t i = 0; i < files.size(); ++i) {
        tally of_file;
        auto done = [&] {
            progress_bar bar(files[i]);
            return ingest_file(sources[i], bar, target, of_file);
        }();
        print(files[i], of_file);
        total.accepted += of_file.accepted;
        total.rejected += of_file.rejected;
        if (!done) return unusable("ingest: " + files[i] + ": " + plain(done.error()));
    }
    std::cout << "total: " << total.accepted << " accepted, " << total.rejected << " rejected\n";
    return total.rejected == 0 ? exit_done : exit_failed;
}

}  // namespace

int ingest(std::span<char*> arguments) {
    ingest_settings settings;
    if (const auto ended = parse_ingest(arguments, settings)) return *ended;
    // All files are opened first: a wrong name is told before anything was sent.
    std::vector<text_source> sources;
    for (const auto& file : settings.files) {
        auto opened = text_source::open(file);
        if (!opened) return unusable("ingest: " + plain(opened.error()));
        sources.push_back(std::move(*opened));
    }
    if (!settings.database.empty()) {
        auto target = make_local_target(settings.database);
        if (!target) return unusable("ingest: " + explain(target.error(), settings.database));
        return ingest_files(settings.files, sources, **target);
    }
    const auto server = parse_url(settings.url);
    if (!server) return unusable("ingest: --url: '" + settings.url + "' is no http://HOST:PORT");
    return ingest_files(settings.files, sources, *make_remote_target(*server));
}

}  // namespace carrel::cli
