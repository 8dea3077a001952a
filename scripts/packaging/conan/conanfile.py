"""The engine as a Conan 2 package, from the source tree that this file lies in: conan create scripts/packaging/conan"""
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeToolchain, CMakeDeps, cmake_layout
from conan.tools.files import copy, load, rmdir

SOURCES = ("CMakeLists.txt", "include/*", "actors/*", "src/*")


class CarrelConan(ConanFile):
    name = "carrel"
    description = "One SQLite file behind one writer and many readers"
    topics = ("sqlite", "actors", "asio")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False]}
    default_options = {"shared": False, "fPIC": True, "boost/*:header_only": True}

    @property
    def root(self):
        return os.path.join(self.recipe_folder, "..", "..", "..")

    def set_version(self):
        text = load(self, os.path.join(self.root, "CMakeLists.txt"))
        self.version = re.search(r"project\(carrel VERSION ([0-9.]+)", text).group(1)

    def export_sources(self):
        for pattern in SOURCES:
            copy(self, pattern, self.root, self.export_sources_folder)

    def configure(self):
        if self.options.shared:
            self.options.rm_safe("fPIC")

    def requirements(self):
        self.requires("boost/[>=1.81.0]", transitive_headers=True)
        self.requires("sqlite3/[>=3.40.0]")

    def validate(self):
        check_min_cppstd(self, 20)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables.update({"CARREL_BUILD_SERVER": False, "CARREL_BUILD_TESTS": False, "CARREL_INSTALL": True})
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        rmdir(self, os.path.join(self.package_folder, "lib", "cmake"))
        rmdir(self, os.path.join(self.package_folder, "lib", "pkgconfig"))

    def package_info(self):
        self.cpp_info.libs = ["carrel"]
        self.cpp_info.set_property("cmake_file_name", "carrel")
        self.cpp_info.set_property("cmake_target_name", "carrel::carrel")
        self.cpp_info.set_property("pkg_config_name", "carrel")
        self.cpp_info.requires = ["boost::headers", "sqlite3::sqlite3"]
        if self.settings.os == "Linux":
            self.cpp_info.system_libs = ["pthread"]
