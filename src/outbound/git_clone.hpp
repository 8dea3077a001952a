#pragma once

#include "base/failure.hpp"
#include "outbound/policy.hpp"

#include <filesystem>
#include <stop_token>
#include <string>
#include <utility>

namespace carrel::outbound {

struct git_source {
    std::string url;     ///< `https://…`; `file:///…` where files are allowed
    std::string branch;  ///< or a tag; empty for the repository's own choice
};

/// What a clone may cost, beside where it may go (`policy`, whose deadline and addresses hold here too).
struct git_limits {
    std::size_t bytes_max = std::size_t{512} << 20;  ///< of the working tree and of what git keeps beside it
    std::size_t files_max = 200'000;                 ///< git's own included
    bool allow_files = false;                        ///< whether a repository on this machine may be read
    std::filesystem::path directory;  ///< where the clone is made; empty for the system's temporary files
};

/// A working tree that is removed with this object.
class git_clone {
public:
    explicit git_clone(std::filesystem::path directory)
        : directory_(std::move(directory)) {}
    git_clone(git_clone&& other) noexcept
        : directory_(std::exchange(other.directory_, {})),
          commit_(std::move(other.commit_)) {}
    git_clone& operator=(git_clone&&) = delete;
    ~git_clone();

    /// The files, and git's own in `.git`. Links of the repository are plain files here.
    std::filesystem::path tree() const { return directory_ / "tree"; }
    const std::string& commit() const noexcept { return commit_; }
    void set_commit(std::string commit) { commit_ = std::move(commit); }

private:
    std::filesystem::path directory_;
    std::string commit_;
};

/// Clones the newest commit by the `git` command: no history, submodules, hooks, filters, redirects, prompts or
/// settings of this machine's users. git connects to the address that was checked. Blocks up to the policy's deadline; git and all
/// that it started are gone when this returns. Nothing throws.
base::outcome<git_clone> clone_git(const git_source& from, const policy& rules, const git_limits& bounds,
                                   std::stop_token stop = {}) noexcept;

}  // namespace carrel::outbound
