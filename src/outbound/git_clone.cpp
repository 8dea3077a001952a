#include "outbound/git_clone.hpp"

#include "outbound/child_process.hpp"
#include "outbound/lookup.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>

namespace carrel::outbound {
namespace {

namespace fs = std::filesystem;
using base::failure;
using base::outcome;
using std::chrono::steady_clock;

constexpr std::string_view file_scheme = "file://";
constexpr std::size_t shown_error_bytes = 300;
constexpr std::size_t branch_bytes_max = 250;

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// Where git goes, and the settings that keep it there.
struct destination {
    std::string url;
    std::string origin;  // what errors show
    std::string protocol;
    std::vector<std::string> settings;
};

outcome<destination> file_destination(const git_source& from, const git_limits& bounds) {
    if (!bounds.allow_files) return failure{"repositories on this machine are not allowed"};
    if (has_control(from.url) || from.url.size() <= file_scheme.size() || from.url[file_scheme.size()] != '/')
        return failure{"the URL of a repository on this machine is file:// and an absolute path"};
    return destination{from.url, from.url, "file", {}};
}

outcome<destination> https_destination(const git_source& from, const policy& rules, steady_clock::time_point deadline,
                                       const std::stop_token& stop) {
    auto to = parse_url(from.url);
    if (!to) return to.error();
    if (!to->is_tls) return failure{"a git repository is fetched by https only"};
    const auto where = look_up(*to, rules, deadline, stop);
    if (!where) return where.error();
    if (to->host.ends_with('.')) to->host.pop_back();
    destination made{to->origin() + to->target, to->origin(), "https", {}};
    // git would look the name up again, and might get another answer than the one that was checked.
    std::string pin = "http.curloptResolve=" + to->host + ":" + std::to_string(to->port) + ":";
    for (std::size_t i = 0; i < where->size(); ++i) {
        const auto text = (*where)[i].to_string();
        pin += (i == 0 ? "" : ",") + ((*where)[i].is_v6() ? "[" + text + "]" : text);
    }
    if (to->host.find(':') == std::string::npos) made.settings.push_back(std::move(pin));
    if (!rules.ca_file.empty()) made.settings.push_back("http.sslCAInfo=" + rules.ca_file);
    return made;
}

outcome<std::string> find_git() {
    for (const char* path : {"/usr/local/bin/git", "/usr/bin/git", "/bin/git"})
        if (::access(path, X_OK) == 0) return std::string(path);
    return failure{"git is not installed"};
}

outcome<fs::path> private_directory(const fs::path& under) {
    std::string path = ((under.empty() ? fs::temp_directory_path() : under) / "carrel-git-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) return failure{"no directory can be made for the clone"};
    return fs::path(path);
}

std::vector<std::string> arguments_for(const destination& to, const git_source& from) {
    std::vector<std::string> made;
    const auto set = [&made](std::string setting) {
        made.push_back("-c");
        made.push_back(std::move(setting));
    };
    for (const char* setting : {"protocol.allow=never", "http.followRedirects=false",
                                "http.proxy=", "credential.helper=", "core.hooksPath=/dev/null", "core.symlinks=false",
                                "core.fsmonitor=false", "submodule.recurse=false", "gc.auto=0", "pack.threads=1",
                                "advice.detachedHead=false"})
        set(setting);
    set("protocol." + to.protocol + ".allow=always");
    for (const auto& setting : to.settings) set(setting);
    for (const char* argument :
         {"clone", "--quiet", "--depth=1", "--single-branch", "--no-tags", "--no-recurse-submodules", "--template="})
        made.push_back(argument);
    if (!from.branch.empty()) made.push_back("--branch=" + from.branch);
    made.insert(made.end(), {"--", to.url, "tree"});
    return made;
}

child git_child(std::string program, const destination& to, const git_source& from, const fs::path& directory,
                const git_limits& bounds) {
    return {.program = std::move(program),
            .arguments = arguments_for(to, from),
            .environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + directory.string(), "LC_ALL=C",
                            "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=/bin/false", "SSH_ASKPASS=/bin/false",
                            "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_LFS_SKIP_SMUDGE=1",
                            "GIT_ALLOW_PROTOCOL=" + to.protocol},
            .directory = directory.string(),
            .error_path = (directory / "errors").string(),
            .file_bytes_max = bounds.bytes_max};
}

// Why what is on the disk by now is too much; empty if it is not. git makes and removes files meanwhile.
std::string size_fault(const fs::path& directory, const git_limits& bounds) {
    std::size_t bytes = 0, files = 0;
    std::error_code ec;
    for (fs::recursive_directory_iterator each(directory, ec), end; !ec && each != end; each.increment(ec)) {
        std::error_code gone;
        const auto about = each->symlink_status(gone);
        if (gone) continue;
        if (fs::is_regular_file(about)) {
            const auto size = each->file_size(gone);
            if (!gone) bytes += size;
        }
        if (++files > bounds.files_max)
            return "the repository has more than " + std::to_string(bounds.files_max) + " files";
        if (bytes > bounds.bytes_max)
            return "the repository has more than " + std::to_string(bounds.bytes_max) + " bytes";
    }
    return {};
}

std::string read_front(const fs::path& path, std::size_t bytes_max) {
    std::ifstream file(path, std::ios::binary);
    std::string text(bytes_max, '\0');
    file.read(text.data(), static_cast<std::streamsize>(bytes_max));
    text.resize(static_cast<std::size_t>(file.gcount()));
    for (auto& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = ' ';
    while (text.ends_with(' ')) text.pop_back();
    return text;
}

// HEAD names a branch, whose file has the commit; or is one, for a tag.
std::string commit_of(const fs::path& git) {
    constexpr std::size_t head_bytes_max = 1024;
    constexpr std::string_view reference = "ref: ";
    auto head = read_front(git / "HEAD", head_bytes_max);
    if (head.starts_with(reference)) head = read_front(git / head.substr(reference.size()), head_bytes_max);
    return head;
}

outcome<git_clone> clone(const git_source& from, const policy& rules, const git_limits& bounds,
                         const std::stop_token& stop) {
    const auto deadline = steady_clock::now() + rules.deadline;
    if (from.branch.size() > branch_bytes_max || has_control(from.branch))
        return failure{"the name of the branch is none that git takes"};
    const auto to = from.url.starts_with(file_scheme) ? file_destination(from, bounds)
                                                      : https_destination(from, rules, deadline, stop);
    if (!to) return to.error();
    auto program = find_git();
    if (!program) return program.error();
    const auto directory = private_directory(bounds.directory);
    if (!directory) return directory.error();
    git_clone made(*directory);  // which removes it if anything fails
    const auto fault = [&] { return size_fault(*directory, bounds); };
    const auto status = run(git_child(std::move(*program), *to, from, *directory, bounds), deadline, stop, fault);
    if (!status) return failure{to->origin, ": ", status.error().text};
    if (auto text = fault(); !text.empty()) return failure{to->origin, ": ", std::move(text)};
    if (*status != 0)
        return failure{"git could not fetch ", to->origin, ": ", read_front(*directory / "errors", shown_error_bytes)};
    made.set_commit(commit_of(made.tree() / ".git"));
    return made;
}

}  // namespace

git_clone::~git_clone() {
    std::error_code ignored;
    if (!directory_.empty()) fs::remove_all(directory_, ignored);
}

outcome<git_clone> clone_git(const git_source& from, const policy& rules, const git_limits& bounds,
                             std::stop_token stop) noexcept try {
    return clone(from, rules, bounds, stop);
} catch (const std::bad_alloc&) {
    return failure{"there is not enough memory for git"};
} catch (const std::exception&) {
    return failure{"git could not be run: the system refused what it takes"};
}

}  // namespace carrel::outbound
