#include "cli/resume_file.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace carrel::cli;

namespace {

struct temporary_folder {
    temporary_folder() {
        std::string name = (std::filesystem::temp_directory_path() / "carrel-resume-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() { std::filesystem::remove_all(path); }
    std::string path;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(resuming)

BOOST_AUTO_TEST_CASE(what_was_saved_is_known_again) {
    const temporary_folder folder;
    const std::string path = folder.path + "/state";
    {
        auto fresh = resume_file::open(path).value();
        BOOST_TEST((fresh.find("a") == nullptr));
        fresh.run = "r";
        fresh.target = "t";
        BOOST_TEST(fresh.save("a \"b\"", {36'028'797'018'963'969, 7, "sum"}).has_value());
        BOOST_TEST(fresh.save("c", {1, 1, "x"}).has_value());
        BOOST_TEST(fresh.save("c", {2, 2, "y"}).has_value());
    }
    const auto known = resume_file::open(path).value();
    BOOST_TEST(known.run == "r");
    BOOST_TEST(known.target == "t");
    BOOST_TEST(known.find("a \"b\"")->position == 36'028'797'018'963'969);
    BOOST_TEST(known.find("a \"b\"")->digest == "sum");
    BOOST_TEST(known.find("c")->line == 2);
}

BOOST_AUTO_TEST_CASE(another_file_is_refused) {
    const temporary_folder folder;
    for (const char* text :
         {"", "x", "{}", "[]", "{\"files\":[1]}", "{\"files\":[{\"file\":\"a\",\"position\":-1,\"line\":1}]}"}) {
        const std::string path = folder.path + "/state";
        std::ofstream(path) << text;
        BOOST_TEST(!resume_file::open(path).has_value(), text);
    }
    BOOST_TEST(!resume_file::open(folder.path).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
