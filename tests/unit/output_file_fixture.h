// A folder of the test's own, and a file in it that programs are to write.
#pragma once

#include "output_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <sstream>
#include <string>
#include <system_error>

namespace hvfbd {

class AnOutputFile : public ::testing::Test {
  protected:
    AnOutputFile() {
        std::string path = std::filesystem::temp_directory_path() / "hvfbd-output-XXXXXX";
        folder = ::mkdtemp(path.data());
        file = folder / "file";
    }
    ~AnOutputFile() override { std::filesystem::remove_all(folder); }

    static void write(const std::filesystem::path& path, const std::string& text,
                      Reader reader = Reader::demanded) {
        write_output(path, std::as_bytes(std::span(text)), reader);
    }
    static int error_of(const std::filesystem::path& path, const std::string& text) {
        try {
            write(path, text);
        } catch (const std::system_error& error) {
            return error.code().value();
        }
        return 0;
    }
    static std::string read(const std::filesystem::path& path) {
        std::stringstream text;
        text << std::ifstream(path).rdbuf();
        return text.str();
    }
    std::size_t files() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
    }
    std::filesystem::path folder, file;
};

}  // namespace hvfbd
