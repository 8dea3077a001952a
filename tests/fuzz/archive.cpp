#include "archive/entry_name.hpp"
#include "archive/read.hpp"
#include "fuzz.hpp"

// Archives: files with safe names within the limits, or a reason.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace carrel;
    const archive::limits bounds{.bytes_max = 64 * 1024, .entry_bytes_max = 16 * 1024, .entries_max = 20};
    std::size_t files = 0, bytes = 0;
    const auto take = [&](const archive::entry& each) {
        fuzz::must(archive::name_fault(each.name).empty(), "a name stays below its place");
        fuzz::must(each.bytes.size() <= bounds.entry_bytes_max, "an entry is bounded");
        bytes += each.bytes.size();
        ++files;
    };
    const auto read = archive::read(fuzz::text_of(data, size), bounds, take);
    fuzz::must(files <= bounds.entries_max && bytes <= bounds.bytes_max, "an archive is bounded");
    if (read) fuzz::must(*read == files, "files are counted");
    else fuzz::must(!read.error().text.empty(), "a refusal has its reason");
    return 0;
}
