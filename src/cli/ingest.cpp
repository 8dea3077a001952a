#include "base/sha256.hpp"
#include "base/uuid.hpp"
#include "cli/command.hpp"
#include "cli/file_safety.hpp"
#include "cli/ingest_target.hpp"
#include "cli/options.hpp"
#include "cli/progress.hpp"
#include "cli/resume_file.hpp"
#include "cli/server_flags.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <iostream>
#include <memory>

namespace carrel::cli {
namespace {

struct ingest_settings {
    std::vector<std::string> files;
    server_flags server;
    std::string database;
    std::string run;
    std::string unwrap, ingest_id;
    std::string resume;
};

std::optional<int> parse_ingest(std::span<char*> arguments, ingest_settings& into) {
    CLI::App app("Puts events from NDJSON files into a server or a database. Exit status 1: a line was refused.",
                 "ingest");
    app.add_option("FILE", into.files, "NDJSON, packed by gzip or zstd or not at all; - for stdin")->required();
    add_server_flags(app, into.server, "server to send to");
    auto* database = app.add_option("--database", into.database, "database to write to, while no server has it");
    exclude_server_flags(app, *database);
    app.add_option("--run", into.run, "name of this run: repeated under it, what was stored is not stored twice")
        ->check([](const std::string& name) {
            return siem::is_valid_id(name) && name.size() <= 64
                       ? std::string()
                       : std::string("must be 1 to 64 of A-Z, a-z, 0-9, _ and -");
        });
    app.add_option("--unwrap", into.unwrap, "member, maybe dotted, whose array's elements are the events");
    app.add_option("--ingest-id", into.ingest_id, "member that holds an event's identity: its like is stored once");
    app.add_option("--resume", into.resume, "file that keeps how far each file was stored: a second run goes on there");
    return parse(app, arguments);
}

void print(std::string_view what, const tally& of) {
    std::cout << what << ": " << of.accepted << " accepted, " << of.rejected << " rejected\n";
    for (const auto& each : of.refused) std::cout << "  line " << each.line << ": " << each.detail << '\n';
    const auto unlisted = of.rejected - static_cast<std::int64_t>(of.refused.size());
    if (unlisted > 0) std::cout << "  and " << unlisted << " more lines\n";
    if (of.untimed > 0) std::cout << "  " << of.untimed << " without a time of their own\n";
    if (of.duplicates > 0) std::cout << "  " << of.duplicates << " duplicates, not stored again\n";
}

// What a target reports when it refuses what it was given.
const error_code bad_content(EBADMSG, boost::system::generic_category());

// What ended a file before its end.
struct ingest_failure {
    error why;
    bool is_source = false;  // the file's fault: the next one may be sound
};

// One run: what is requested, and how far it was done before.
struct ingest_run {
    const ingest_settings& settings;
    ingest_target& target;
    resume_file* resumed;  // null: nothing is remembered

    std::unique_ptr<event_blocks> blocks_of(text_source& source) const {
        const auto bytes_max = target.block_bytes_max();
        if (settings.unwrap.empty()) return std::make_unique<line_blocks>(source, bytes_max);
        return std::make_unique<element_blocks>(source, settings.unwrap, bytes_max);
    }
    // The same for the same bytes of the same file, whenever they are sent.
    std::string key_of(const std::string& file, const file_mark& from) const {
        if (resumed == nullptr) return {};
        return resumed->run + "-" + base::sha256_hex(file).substr(0, 16) + "-" + std::to_string(from.position);
    }
    result<void> skip_stored(const std::string& file, event_blocks& blocks) const {
        const file_mark* known = resumed == nullptr ? nullptr : resumed->find(file);
        if (known == nullptr) return {};
        auto skipped = blocks.skip(*known);
        if (!skipped) return skipped.error();
        if (*skipped) return {};
        return error(
            error_code(EPROTO, boost::system::generic_category()),
            "is not the file that was stored before: it does not begin with what " + settings.resume + " remembers");
    }
};

std::optional<ingest_failure> ingest_file(const ingest_run& run, const std::string& file, text_source& source,
                                          progress_bar& bar, tally& into) {
    const auto outcome_of = [](const result<void>& done) -> std::optional<ingest_failure> {
        if (done) return std::nullopt;
        return ingest_failure{done.error(), done.error().code() == bad_content};
    };
    const auto blocks = run.blocks_of(source);
    if (run.resumed != nullptr) blocks->keep_digest();
    if (auto skipped = run.skip_stored(file, *blocks); !skipped) return ingest_failure{skipped.error(), true};
    event_block block;
    run.target.begin_file();
    for (;;) {
        const std::string key = run.key_of(file, blocks->mark());
        auto more = blocks->next(block);
        if (!more || !*more) {
            auto ended = outcome_of(run.target.end_file(into));
            if (!more && !ended) return ingest_failure{more.error(), true};
            return ended;
        }
        block.key = key;
        bar.show(source.fraction(), (block.is_array ? "to element " : "to line ") + std::to_string(block.first_line));
        if (auto failed = outcome_of(run.target.take(block, into))) return failed;
        add_faults(block, into);
        if (run.resumed == nullptr) continue;
        if (auto saved = run.resumed->save(file, blocks->mark()); !saved) return ingest_failure{saved.error(), false};
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
int ingest_files(const ingest_run& run, std::vector<text_source>& sources, const std::string& again) {
    const auto& files = run.settings.files;
    tally total;
    bool is_whole = true;
    for (std::size_t i = 0; i < files.size(); ++i) {
        tally of_file;
        const auto failed = [&] {
            progress_bar bar(files[i]);
            return ingest_file(run, files[i], sources[i], bar, of_file);
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

// What a run must not change when it goes on.
std::string target_text(const ingest_settings& settings) {
    return (settings.database.empty() ? settings.server.url : settings.database) +
           (settings.unwrap.empty() ? "" : " unwrap " + settings.unwrap) +
           (settings.ingest_id.empty() ? "" : " ingest-id " + settings.ingest_id);
}

// The exit status if the run cannot go on.
std::optional<int> open_resumed(ingest_settings& settings, std::optional<resume_file>& into) {
    if (settings.resume.empty()) return std::nullopt;
    if (std::find(settings.files.begin(), settings.files.end(), "-") != settings.files.end())
        return unusable("ingest: --resume cannot go on with stdin");
    auto opened = resume_file::open(settings.resume);
    if (!opened) return unusable("ingest: --resume: " + plain(opened.error()), exit_status_of(opened.error()));
    const std::string target = target_text(settings);
    if (!opened->target.empty() && opened->target != target)
        return unusable("ingest: --resume: " + settings.resume + " belongs to a run with the target " + opened->target);
    if (opened->run.empty()) opened->run = settings.run.empty() ? siem::uuid_generator()() : settings.run;
    opened->target = target;
    settings.run = opened->run;
    into.emplace(std::move(*opened));
    return std::nullopt;
}

}  // namespace

void add_faults(const event_block& block, tally& into) {
    for (const auto& [line, detail] : block.faults) {
        const auto known = std::find_if(into.refused.begin(), into.refused.end(),
                                        [at = line](const refused_line& each) { return each.line == at; });
        if (known != into.refused.end()) known->detail = detail;
        else {
            ++into.rejected;
            into.refused.push_back({line, detail});
        }
    }
}

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
    std::optional<resume_file> resumed;
    if (const auto ended = open_resumed(settings, resumed)) return *ended;
    const auto run_to = [&](ingest_target& target, const std::string& again) {
        return ingest_files({settings, target, resumed ? &*resumed : nullptr}, sources, again);
    };
    if (!settings.database.empty()) {
        if (const auto why = unsafe_database(settings.database); !why.empty())
            return unusable("ingest: " + why, exit_permission);
        auto target = make_local_target(settings.database, settings.ingest_id);
        if (!target)
            return unusable("ingest: " + explain(target.error(), settings.database), exit_status_of(target.error()));
        return run_to(**target, "");
    }
    server_fault fault;
    const auto server = server_of(settings.server, fault);
    if (!server) return unusable("ingest: " + fault.why, fault.status);
    if (settings.run.empty()) settings.run = siem::uuid_generator()();
    const auto target = make_remote_target(*server, settings.run, settings.ingest_id);
    return run_to(*target, resumed ? "; run it again to go on where it stopped"
                                   : "; to repeat it without storing anything twice, add --run " + settings.run);
}

}  // namespace carrel::cli
