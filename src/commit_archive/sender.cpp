#include "commit_archive/sender.hpp"

#include "commit_archive/catalogue.hpp"
#include "commit_archive/file.hpp"
#include "outbound/child_process.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <limits>

namespace carrel::commits {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> files_to_send(const generation& of) {
    std::vector<std::string> all;
    for (const auto& each : of.bases) {
        all.push_back(each.path + ".zst");
        all.push_back(each.path + ".json");
    }
    for (const auto& each : of.files)
        if (!each.is_open) all.push_back(each.path);
    return all;
}

base::outcome<bool> send(const std::string& path, const command_settings& command, const std::stop_token& stop,
                         const running_note& running) {
    using std::chrono::steady_clock;
    const auto& words = command.words;
    outbound::child what;
    what.program = words.front();
    for (std::size_t i = 1; i < words.size(); ++i) what.arguments.push_back(fill_in(words[i], path));
    for (const char* name : {"PATH", "HOME", "LANG"})
        if (const char* value = std::getenv(name)) what.environment.push_back(std::string(name) + "=" + value);
    what.directory = "/";
    what.file_bytes_max = std::numeric_limits<std::size_t>::max();
    std::string output;
    what.output = &output;
    what.output_bytes_max = 1'000;
    const auto begun = steady_clock::now();
    const auto status = outbound::run(what, begun + command.time_max, stop, [&] {
        running(path, std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - begun));
        return std::string();
    });
    if (!status) return base::failure{status.error().text, ": ", path};
    if (*status == 0) return true;
    return base::failure{words.front(),    " did not take ",        path,
                         ": exit status ", std::to_string(*status), output.empty() ? "" : ", " + output};
}

}  // namespace

std::optional<std::vector<std::string>> split_command(std::string_view line) {
    std::vector<std::string> words;
    bool is_in_word = false;
    char quote = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quote == 0 && c == ' ') {
            is_in_word = false;
            continue;
        }
        if (!is_in_word) words.emplace_back();
        is_in_word = true;
        if (c == '\\' && quote != '\'' && i + 1 < line.size()) words.back() += line[++i];
        else if (quote == 0 && (c == '\'' || c == '"')) quote = c;
        else if (quote == c) quote = 0;
        else words.back() += c;
    }
    return quote == 0 ? std::optional(words) : std::nullopt;
}

std::string fill_in(std::string_view argument, const std::string& path) {
    const fs::path whole = path;
    std::string text;
    for (std::size_t i = 0; i < argument.size(); ++i) {
        const char next = i + 1 < argument.size() ? argument[i + 1] : 0;
        if (argument[i] != '%' || (next != 'p' && next != 'f' && next != 'g' && next != '%')) {
            text += argument[i];
            continue;
        }
        ++i;
        if (next == 'p') text += path;
        else if (next == 'f') text += whole.filename().string();
        else if (next == 'g') text += whole.parent_path().filename().string();
        else text += '%';
    }
    return text;
}

bool was_sent(const std::string& path) noexcept { return ::access((path + sent_suffix).c_str(), F_OK) == 0; }

base::outcome<bool> send_next(const std::string& directory, const command_settings& command,
                              const std::stop_token& stop, const running_note& running) {
    const auto all = read_catalogue(directory);
    if (!all) return base::failure{all.error().message()};
    for (const auto& each : *all)
        for (const auto& path : files_to_send(each)) {
            if (was_sent(path)) continue;
            auto sent = send(path, command, stop, running);
            if (!sent) return sent;
            if (auto marked = write_whole(path + sent_suffix, ""); !marked)
                return base::failure{marked.error().message()};
            return true;
        }
    return false;
}

}  // namespace carrel::commits
