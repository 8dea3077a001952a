#pragma once

#include "cli/event_blocks.hpp"

#include <carrel/error.hpp>

#include <map>
#include <string>

namespace carrel::cli {

/// What `--resume` remembers: how far each file was stored, under which name, and where to. Written anew, whole, after each
/// block, so that a run that was killed goes on behind the last block that was stored.
class resume_file {
public:
    /// A file that is not there yet begins empty. Errors: the system's; EPROTO for what is none.
    static result<resume_file> open(std::string path);

    std::string run;     // part of the idempotency keys; empty: not chosen yet
    std::string target;  // with its parameters; empty: not chosen yet

    const file_mark* find(const std::string& file) const;
    result<void> save(const std::string& file, const file_mark& to);

private:
    explicit resume_file(std::string path)
        : path_(std::move(path)) {}
    result<void> read(const std::string& text);
    std::string text() const;

    std::string path_;
    std::map<std::string, file_mark> files_;
};

}  // namespace carrel::cli
