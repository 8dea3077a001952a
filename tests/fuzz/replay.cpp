// Runs a target over every file of a corpus, and over mutations of each, without libFuzzer.
// Usage: fuzz_… [--mutations N] DIRECTORY
#include "fuzz.hpp"

#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace {

using generator = std::mt19937;

const std::string* running = nullptr;

// Says which input it was. Only what a signal handler may call.
void on_abort(int) {
    constexpr char digits[] = "0123456789abcdef";
    std::string_view line = "input, in hexadecimal: ";
    (void)!::write(2, line.data(), line.size());
    for (const char c : *running) {
        const char hex[] = {digits[static_cast<unsigned char>(c) >> 4], digits[c & 15]};
        (void)!::write(2, hex, 2);
    }
    (void)!::write(2, "\n", 1);
    ::_exit(1);
}

std::size_t below(generator& source, std::size_t end) { return end == 0 ? 0 : source() % end; }

void mutate_once(std::string& text, const std::string& other, generator& source) {
    using namespace std::string_view_literals;
    constexpr auto special = "\r\n\t \0\"\\{}[]:;,=%+&/?#-0x\x7f\xc3\xff"sv;
    const auto at = below(source, text.size() + 1);
    const auto size = 1 + below(source, 8);
    switch (source() % 6) {
        case 0: text.insert(at, 1, special[below(source, special.size())]); break;
        case 1: text.erase(at, size); break;
        case 2: text.insert(at, text.substr(below(source, text.size()), size)); break;
        case 3: text.insert(at, other.substr(below(source, other.size()), 4 * size)); break;
        case 4:
            if (at < text.size()) text[at] = static_cast<char>(text[at] ^ 1 << source() % 8);
            break;
        default:
            if (at < text.size()) text[at] = special[below(source, special.size())];
    }
}

void run(const std::string& input) {
    running = &input;
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::vector<std::string> read_corpus(const char* directory) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<std::string> corpus;
    for (const auto& path : paths) {
        std::ifstream file(path, std::ios::binary);
        corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return corpus;
}

}  // namespace

int main(int count, char** arguments) {
    const bool mutates = count == 4 && std::strcmp(arguments[1], "--mutations") == 0;
    if (!mutates && count != 2) return std::cerr << "usage: replay [--mutations N] DIRECTORY\n", 2;
    std::signal(SIGABRT, on_abort);
    const auto corpus = read_corpus(arguments[count - 1]);
    if (corpus.empty()) return std::cerr << "the corpus is empty\n", 2;
    for (const auto& input : corpus) run(input);
    const auto mutations = mutates ? std::stoul(arguments[2]) : 0;
    generator source(1);
    for (std::size_t i = 0; i < mutations; ++i) {
        auto input = corpus[below(source, corpus.size())];
        for (auto steps = 1 + below(source, 4); steps > 0; --steps)
            mutate_once(input, corpus[below(source, corpus.size())], source);
        run(input);
    }
    std::cout << corpus.size() << " files, " << mutations << " mutations\n";
}
