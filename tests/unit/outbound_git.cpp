// Git sources: what a clone gives, what it may not do, and that nothing of it remains.
#include "outbound/child_process.hpp"
#include "outbound/git_clone.hpp"
#include "support/outbound_server.hpp"
#include "support/waiting.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace carrel;
using namespace carrel::testing;
using outbound::clone_git;
using outbound::git_limits;
namespace fs = std::filesystem;

namespace {

// A repository with two commits, a hook, a link and a file, and an empty directory for clones.
class repository {
public:
    repository() {
        std::string path = (fs::temp_directory_path() / "carrel-test-git-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(path.data()) != nullptr);
        directory_ = path;
        fs::create_directories(clones());
        const std::string git = "cd '" + path +
                                "' && export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1"
                                " GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@a; "
                                "git init -q -b main source && cd source"
                                " && echo one > old && git add . && git commit -qm one && git branch other"
                                " && mkdir rules && printf 'title: A\\n' > rules/a.yml && ln -s /etc/passwd link"
                                " && head -c 300000 /dev/urandom > noise && git add . && git commit -qm two";
        BOOST_REQUIRE(std::system(git.c_str()) == 0);
    }
    repository(const repository&) = delete;
    repository& operator=(const repository&) = delete;
    ~repository() { fs::remove_all(directory_); }

    std::string url() const { return "file://" + (directory_ / "source").string(); }
    fs::path clones() const { return directory_ / "clones"; }
    git_limits limits() const { return {.allow_files = true, .directory = clones()}; }
    bool left_nothing() const { return fs::is_empty(clones()); }

private:
    fs::path directory_;
};

std::string fault_of(const base::outcome<outbound::git_clone>& made) { return made ? "none" : made.error().text; }

std::string content(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(outbound_git)

BOOST_AUTO_TEST_CASE(a_clone_has_the_files_of_the_newest_commit_and_is_removed_with_its_object) {
    const repository from;
    {
        const auto made = clone_git({from.url(), ""}, {}, from.limits());
        BOOST_REQUIRE_MESSAGE(made.has_value(), fault_of(made));
        BOOST_TEST(content(made->tree() / "rules" / "a.yml") == "title: A\n");
        BOOST_TEST(made->commit().size() == 40u);
        BOOST_TEST(!fs::is_symlink(made->tree() / "link"));
        BOOST_TEST(content(made->tree() / "link") == "/etc/passwd");
        BOOST_TEST(fs::exists(made->tree() / ".git" / "shallow"));
        BOOST_TEST((fs::status(made->tree().parent_path()).permissions() == fs::perms::owner_all));
    }
    BOOST_TEST(from.left_nothing());
    const auto other = clone_git({from.url(), "other"}, {}, from.limits());
    BOOST_REQUIRE_MESSAGE(other.has_value(), fault_of(other));
    BOOST_TEST(!fs::exists(other->tree() / "rules"));
}

BOOST_AUTO_TEST_CASE(only_https_is_fetched_and_files_where_they_are_allowed) {
    const repository from;
    auto bounds = from.limits();
    bounds.allow_files = false;
    BOOST_TEST(fault_of(clone_git({from.url(), ""}, {}, bounds)) == "repositories on this machine are not allowed");
    for (const char* url :
         {"ext::sh -c id", "ssh://a/b", "git@a:b", "/etc", "--upload-pack=id", "git://a/b", "ftp://a/b"})
        BOOST_TEST(fault_of(clone_git({url, ""}, {}, from.limits())) != "none", url);
    BOOST_TEST(fault_of(clone_git({"http://8.8.8.8/a", ""}, {}, bounds)) ==
               "a git repository is fetched by https only");
    BOOST_TEST(fault_of(clone_git({"https://169.254.169.254/a", ""}, {}, bounds)).find("which is link-local") !=
               std::string::npos);
    BOOST_TEST(fault_of(clone_git({"https://u:secret@a/b", ""}, {}, bounds)).find("secret") == std::string::npos);
    BOOST_TEST(fault_of(clone_git({"file://relative", ""}, {}, from.limits())).find("absolute") != std::string::npos);
    BOOST_TEST(from.left_nothing());
}

BOOST_AUTO_TEST_CASE(a_branch_that_is_not_there_or_an_option_is_a_failure_that_leaves_nothing) {
    const repository from;
    const auto fault = fault_of(clone_git({from.url(), "absent"}, {}, from.limits()));
    BOOST_TEST(fault.find("absent") != fault.npos, fault);
    BOOST_TEST(fault_of(clone_git({from.url(), "--upload-pack=touch x"}, {}, from.limits())) != "none");
    BOOST_TEST(fault_of(clone_git({from.url(), "a\nb"}, {}, from.limits())) ==
               "the name of the branch is none that git takes");
    BOOST_TEST(fault_of(clone_git({from.url() + "-absent", ""}, {}, from.limits()))
                   .starts_with("git could not fetch file://"));
    BOOST_TEST(from.left_nothing());
}

BOOST_AUTO_TEST_CASE(a_repository_that_is_too_large_is_refused) {
    const repository from;
    auto bounds = from.limits();
    bounds.bytes_max = 200'000;
    const auto fault = fault_of(clone_git({from.url(), ""}, {}, bounds));
    BOOST_TEST(fault != "none");
    bounds = from.limits();
    bounds.files_max = 5;
    BOOST_TEST(fault_of(clone_git({from.url(), ""}, {}, bounds)).find("has more than 5 files") != std::string::npos);
    BOOST_TEST(from.left_nothing());
}

BOOST_AUTO_TEST_CASE(a_server_that_stalls_ends_at_the_deadline_and_at_a_stop) {
    const repository from;
    gate reached;
    // Not by the number of clients: the first git may be ended before it has come that far.
    std::atomic<bool> is_stopped_when_reached{false};
    outbound_server server([&](boost::asio::ip::tcp::socket& socket) {
        if (is_stopped_when_reached.exchange(false)) reached.open();
        wait_for_end(socket);
    });
    auto rules = local_policy();
    rules.deadline = std::chrono::milliseconds(500);
    const auto url = "https://127.0.0.1:" + server.port() + "/a.git";
    const auto fault = fault_of(clone_git({url, ""}, rules, from.limits()));
    BOOST_TEST(fault.find("took too long and was ended") != fault.npos, fault);
    BOOST_TEST(from.left_nothing());
    rules.deadline = std::chrono::seconds(60);
    is_stopped_when_reached = true;
    std::stop_source source;
    std::thread stopper([&] {
        reached.wait();
        source.request_stop();
    });
    const auto stopped = fault_of(clone_git({url, ""}, rules, from.limits(), source.get_token()));
    stopper.join();
    BOOST_TEST(stopped.find("cancelled") != stopped.npos, stopped);
    BOOST_TEST(from.left_nothing());
}

BOOST_AUTO_TEST_CASE(a_child_is_killed_with_all_that_it_started) {
    const repository from;
    const auto pids = from.clones() / "pids", errors = from.clones() / "errors";
    const outbound::child what{.program = "/bin/sh",
                               .arguments = {"-c", "sleep 1000 & echo $! > \"$PIDS\"; echo $$ >> \"$PIDS\"; wait"},
                               .environment = {"PATH=/usr/bin:/bin", "PIDS=" + pids.string()},
                               .directory = from.clones().string(),
                               .error_path = errors.string(),
                               .file_bytes_max = 1 << 20};
    const auto lines = [&] {
        const auto text = content(pids);
        return std::count(text.begin(), text.end(), '\n');
    };
    const auto ended = outbound::run(what, std::chrono::steady_clock::now() + std::chrono::seconds(20), {},
                                     [&] { return lines() == 2 ? "enough" : ""; });
    BOOST_TEST(ended.error().text == "enough");
    std::istringstream list(content(pids));
    // Whoever the orphan falls to may not have reaped it yet: dead is what counts.
    const auto is_dead = [](pid_t pid) {
        const auto about = content("/proc/" + std::to_string(pid) + "/stat");
        return about.empty() || about.find(") Z") != about.npos;
    };
    for (pid_t pid = 0; list >> pid;) BOOST_TEST(eventually([&] { return is_dead(pid); }), pid);
}

BOOST_AUTO_TEST_CASE(the_status_of_a_child_comes_back) {
    const repository from;
    outbound::child what{.program = "/bin/sh",
                         .arguments = {"-c", "exit 7"},
                         .environment = {},
                         .directory = "/",
                         .error_path = "/dev/null",
                         .file_bytes_max = 1000};
    const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    const auto none = [] { return std::string(); };
    BOOST_TEST(outbound::run(what, late, {}, none).value() == 7);
    what.arguments = {"-c", "kill -9 $$"};
    BOOST_TEST(outbound::run(what, late, {}, none).value() == 128 + 9);
    what.arguments = {"-c", "test -z \"$HOME$USER\""};
    BOOST_TEST(outbound::run(what, late, {}, none).value() == 0);
    what.program = "/nonexistent";
    BOOST_TEST(outbound::run(what, late, {}, none).error().text.starts_with("/nonexistent cannot be started"));
}

BOOST_AUTO_TEST_SUITE_END()
