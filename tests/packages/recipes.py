"""The recipes of other package managers: that they parse, name files that are there, and take all that a build reads.
Usage: recipes.py PROGRAM"""
import fnmatch
import importlib.util
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import types
import unittest

from carrel_program import main

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PACKAGING = SOURCE / "scripts" / "packaging"
VERSION = re.search(r"project\(carrel VERSION ([0-9.]+)", (SOURCE / "CMakeLists.txt").read_text()).group(1)


def copied(patterns, to):
    for path in SOURCE.rglob("*"):
        name = path.relative_to(SOURCE).as_posix()
        if path.is_file() and not name.startswith("build/") and any(fnmatch.fnmatchcase(name, each) for each in patterns):
            target = pathlib.Path(to, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)


def configured(source, *definitions):
    """Configuring fails if a file that a target is made of is not there."""
    return subprocess.run(["cmake", "-S", source, "-B", pathlib.Path(source, "build"), *definitions], capture_output=True, text=True)


class Recorded:
    """Stands for what Conan gives to a recipe."""

    def __init__(self):
        self.copied = []

    def modules(self):
        conan, tools = types.ModuleType("conan"), types.ModuleType("conan.tools")
        conan.ConanFile = object
        made = {"conan": conan, "conan.tools": tools}
        names = {"build": ["check_min_cppstd"], "cmake": ["CMake", "CMakeToolchain", "CMakeDeps", "cmake_layout"],
                 "files": ["copy", "load", "rmdir"]}
        for module, functions in names.items():
            made["conan.tools." + module] = types.ModuleType("conan.tools." + module)
            for each in functions:
                setattr(made["conan.tools." + module], each, None)
        files = made["conan.tools.files"]
        files.copy = lambda recipe, pattern, source, to: self.copied.append((pattern, source))
        files.load = lambda recipe, path: pathlib.Path(path).read_text()
        return made


class Conan(unittest.TestCase):
    def setUp(self):
        self.recorded = Recorded()
        before = dict(sys.modules)
        sys.modules.update(self.recorded.modules())
        self.addCleanup(lambda: (sys.modules.clear(), sys.modules.update(before)))
        spec = importlib.util.spec_from_file_location("conanfile", PACKAGING / "conan" / "conanfile.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.recipe = module.CarrelConan()
        self.recipe.recipe_folder = str(PACKAGING / "conan")
        self.recipe.export_sources_folder = "elsewhere"

    def test_its_version_is_the_tree_s(self):
        self.recipe.set_version()
        self.assertEqual(self.recipe.version, VERSION)

    def test_what_it_takes_is_enough_to_build_the_engine(self):
        self.recipe.export_sources()
        for _, source in self.recorded.copied:
            self.assertEqual(pathlib.Path(source).resolve(), SOURCE)
        with tempfile.TemporaryDirectory() as directory:
            copied([pattern for pattern, _ in self.recorded.copied], directory)
            ended = configured(directory, "-DCARREL_BUILD_SERVER=OFF", "-DCARREL_BUILD_TESTS=OFF")
            self.assertEqual(ended.returncode, 0, ended.stderr)


class Vcpkg(unittest.TestCase):
    def test_its_manifest_names_the_version_and_what_headers_are_included(self):
        manifest = json.loads((PACKAGING / "vcpkg" / "vcpkg.json").read_text())
        self.assertEqual((manifest["name"], manifest["version"]), ("carrel", VERSION))
        needs = {each if isinstance(each, str) else each["name"] for each in manifest["dependencies"]}
        folders = [SOURCE / "include", SOURCE / "actors", SOURCE / "src" / "sqlite"]
        texts = [path.read_text() for folder in folders for path in folder.rglob("*.?pp")]
        used = {"boost-" + name for text in texts for name in re.findall(r"<boost/([a-z]+)", text)}
        self.assertGreaterEqual(len(used), 3)
        self.assertLessEqual(used | {"sqlite3"}, needs)

    def test_its_portfile_runs_and_names_what_is_there(self):
        known = {name: [] for name in ("vcpkg_cmake_configure", "vcpkg_cmake_install", "vcpkg_cmake_config_fixup",
                                       "vcpkg_fixup_pkgconfig", "vcpkg_install_copyright")}
        with tempfile.TemporaryDirectory() as directory:
            script = pathlib.Path(directory, "run.cmake")
            functions = "".join(f'function({name})\nmessage("{name};${{ARGV}}")\nendfunction()\n' for name in known)
            script.write_text(f'set(CURRENT_PACKAGES_DIR "{directory}")\n{functions}include("{PACKAGING}/vcpkg/portfile.cmake")\n')
            ended = subprocess.run(["cmake", "-P", script], capture_output=True, text=True)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        for line in ended.stderr.splitlines():
            name, *arguments = line.split(";")
            known[name] = arguments
        source = known["vcpkg_cmake_configure"][known["vcpkg_cmake_configure"].index("SOURCE_PATH") + 1]
        self.assertEqual(pathlib.Path(source).resolve(), SOURCE)
        for option in known["vcpkg_cmake_configure"]:
            if option.startswith("-D"):
                self.assertIn(option[2:].split("=")[0], (SOURCE / "CMakeLists.txt").read_text())
        self.assertIn("lib/cmake/carrel", known["vcpkg_cmake_config_fixup"])
        self.assertTrue(pathlib.Path(known["vcpkg_install_copyright"][-1]).exists())


class Image(unittest.TestCase):
    def test_what_docker_sends_is_enough_to_configure_the_server(self):
        kept = [line[1:] for line in (SOURCE / ".dockerignore").read_text().splitlines() if line.startswith("!")]
        patterns = [name if (SOURCE / name).is_file() else name + "/*" for name in kept]
        with tempfile.TemporaryDirectory() as directory:
            copied(patterns, directory)
            ended = configured(directory, "-DCARREL_BUILD_TESTS=OFF")
            self.assertEqual(ended.returncode, 0, ended.stderr)
            for name in ("scripts/install-deps", "scripts/packaging/image_root", "CMakePresets.json"):
                self.assertTrue(pathlib.Path(directory, name).exists(), name)


if __name__ == "__main__":
    main()
