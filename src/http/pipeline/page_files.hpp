#pragma once

#include <map>
#include <string>
#include <string_view>

namespace carrel::http {

/// A file of the page as it is sent.
struct page_file {
    std::string text;
    std::string packed;  ///< By gzip; empty if that would not be smaller.
    std::string_view media_type;
    std::string tag;           ///< A hash of the text.
    bool may_be_kept = false;  ///< Its path names its content, so it never changes.
};

/// The page at `/` and what it loads, below `/assets/<build>/`. `build` is a hash of all files: what one page loads is of
/// one build, and a browser asks once for each.
class page_files {
public:
    /// Made once, on first use; any thread.
    static const page_files& instance();

    /// The page itself for `/`; null if there is nothing at the path.
    const page_file* find(std::string_view path) const noexcept;
    const std::map<std::string, page_file, std::less<>>& all() const noexcept { return by_path_; }

private:
    page_files();
    std::map<std::string, page_file, std::less<>> by_path_;
};

}  // namespace carrel::http
