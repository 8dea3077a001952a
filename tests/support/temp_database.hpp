#pragma once

#include <carrel/database.hpp>

#include <filesystem>
#include <string>

namespace carrel::testing {

/// A directory of its own that vanishes with the test.
class temp_directory {
public:
    explicit temp_directory(const std::filesystem::path& in = std::filesystem::temp_directory_path()) {
        std::string pattern = (in / "carrel-test-XXXXXX").string();
        path_ = mkdtemp(pattern.data());
    }
    ~temp_directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    temp_directory(const temp_directory&) = delete;
    temp_directory& operator=(const temp_directory&) = delete;

    const std::string& path() const noexcept { return path_; }
    std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

}  // namespace carrel::testing
