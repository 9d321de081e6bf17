"""The project as a component of ESP-IDF, a Zephyr module, and a library for PlatformIO, Arduino and CMake."""

import json
import shutil

import pytest

from prototypenas.costing.memory_plan import plan_memory
from prototypenas.deployment.c_project import write_c_project
from prototypenas.deployment.toolchain import run_program
from tests.deployment.candidates import BOARD
from tests.deployment.test_rows import inputs_of, integer_graph

CMAKE = pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is not installed")

FRAMEWORKS = {
    "ESP-IDF": """
set(ESP_PLATFORM 1)
function(idf_component_register)
  cmake_parse_arguments(GIVEN "" "" "SRCS;INCLUDE_DIRS;PRIV_INCLUDE_DIRS;PRIV_REQUIRES" ${ARGN})
  get_filename_component(component ${CMAKE_CURRENT_LIST_DIR} NAME)
  add_library(${component} STATIC ${GIVEN_SRCS})
  target_include_directories(${component} PUBLIC ${GIVEN_INCLUDE_DIRS} PRIVATE ${GIVEN_PRIV_INCLUDE_DIRS})
  target_link_libraries(${component} PRIVATE ${GIVEN_PRIV_REQUIRES})
endfunction()
""",
    "Zephyr": """
macro(zephyr_library_named name)
  get_filename_component(library ${CMAKE_CURRENT_LIST_DIR} NAME)
  add_library(${library} STATIC)
endmacro()
macro(zephyr_library)
endmacro()
function(zephyr_library_sources)
  target_sources(${library} PRIVATE ${ARGN})
endfunction()
function(zephyr_library_include_directories)
  target_include_directories(${library} PRIVATE ${ARGN})
endfunction()
function(zephyr_include_directories)
  target_include_directories(${library} PUBLIC ${ARGN})
endfunction()
""",
    "CMake": "",
}
"""What the frameworks define, as far as the project uses it."""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    directory = tmp_path_factory.mktemp("firmware") / "kws"
    graph = integer_graph("series")
    sample = inputs_of(graph)[0]
    write_c_project(graph, plan_memory(graph), directory, name="key words", target=BOARD, sample=sample, prefix="kws")
    return directory


@CMAKE
@pytest.mark.parametrize("framework", ["ESP-IDF", "Zephyr"])
def test_frameworks_build_a_model_whose_kernels_are_shared(framework, tmp_path):
    graph = integer_graph("series")
    options = {"name": "kws", "prefix": "kws", "shared_kernels": tmp_path / "nn"}
    write_c_project(graph, plan_memory(graph), tmp_path / "kws", target=BOARD, sample=inputs_of(graph)[0], **options)
    (tmp_path / "main.c").write_text('#include "kws.h"\nint main(void) { return (int)kws_self_test(); }\n')
    lines = ["cmake_minimum_required(VERSION 3.13)", "project(firmware C)", FRAMEWORKS[framework]]
    lines += ["add_subdirectory(nn)", "add_subdirectory(kws)", "add_executable(firmware main.c)"]
    lines += ["target_link_libraries(firmware PRIVATE kws nn)"]
    (tmp_path / "CMakeLists.txt").write_text("\n".join(lines))
    run_program(["cmake", "-S", ".", "-B", "build"], directory=tmp_path)
    run_program(["cmake", "--build", "build"], directory=tmp_path, seconds=120)
    run_program([str(tmp_path / "build" / "firmware")], directory=tmp_path)
    assert (tmp_path / "nn" / "zephyr" / "module.yml").read_text().startswith("name: nn_kernels")


@CMAKE
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_frameworks_build_and_link_the_model(framework, project, tmp_path):
    (tmp_path / "main.c").write_text('#include "kws.h"\nint main(void) { return (int)kws_self_test(); }\n')
    lines = ["cmake_minimum_required(VERSION 3.13)", "project(firmware C)", FRAMEWORKS[framework]]
    lines += [f"add_subdirectory({project} kws)", "add_executable(firmware main.c)"]
    (tmp_path / "CMakeLists.txt").write_text("\n".join([*lines, "target_link_libraries(firmware PRIVATE kws)"]))
    run_program(["cmake", "-S", ".", "-B", "build"], directory=tmp_path)
    run_program(["cmake", "--build", "build"], directory=tmp_path, seconds=120)
    run_program([str(tmp_path / "build" / "firmware")], directory=tmp_path)
    assert not list((tmp_path / "build").rglob("example"))


def test_descriptions_name_files_that_are_there(project):
    found = json.loads((project / "library.json").read_text())
    named = [pattern.removeprefix("+<").removesuffix(">") for pattern in found["build"]["srcFilter"]]
    sources = {path.name for pattern in named for path in project.glob(pattern)}
    assert {"kws.c", "kws_io.c", "kws_test.c", "kws_weights.c", "nn_convolution.c"} <= sources
    assert sources.isdisjoint({"main.c", "port_host.c", "port_semihosting.c"})
    assert all((project / header).is_file() for header in found["headers"])
    assert "cmake: ." in (project / "zephyr" / "module.yml").read_text()
    assert (project / "idf_component.yml").read_text().startswith('version: "1.0.0"')


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_the_arduino_library_is_flat_and_compiles(project, tmp_path):
    run_program(["make", "arduino", f"BUILD={tmp_path}"], directory=project)
    (library,) = (tmp_path / "arduino").iterdir()
    described = dict(line.split("=", 1) for line in (library / "library.properties").read_text().splitlines())
    assert described["name"] == library.name == "key_words" and described["includes"] == "kws.h"
    required = {"name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url", "architectures"}
    assert required <= described.keys()
    source = library / "src"
    files = [path.name for path in source.glob("*.c")]
    run_program(["gcc", "-std=gnu99", "-Wall", "-Werror", "-c", *files], directory=source)
    assert not (source / "main.c").exists()
