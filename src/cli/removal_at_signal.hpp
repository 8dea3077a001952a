#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace carrel::cli {

/// While it lives, SIGINT, SIGTERM and SIGHUP remove some files and then their directory before they end the program. One at a time;
/// to be made and ended by one thread. A kill by SIGKILL leaves all.
class removal_at_signal {
public:
    /// `names` are those of files in `directory`; one that is not there is passed over.
    removal_at_signal(const std::string& directory, std::initializer_list<std::string_view> names);
    ~removal_at_signal();
    removal_at_signal(const removal_at_signal&) = delete;
    removal_at_signal& operator=(const removal_at_signal&) = delete;

    /// What the handler works on.
    struct paths {
        std::string directory, renamed;
        std::vector<std::string> files;  // in the renamed directory
    };

private:
    paths paths_;
};

}  // namespace carrel::cli
