#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "config/configuration.h"

namespace hvfbd {

namespace fs = std::filesystem;

class ConfigurationFiles : public ::testing::Test {
  protected:
    ConfigurationFiles() {
        std::string path = fs::temp_directory_path() / "hvfbd-configuration-XXXXXX";
        root = ::mkdtemp(path.data());
        folders = {root / "usr", root / "run", root / "etc"};
    }
    ~ConfigurationFiles() override { fs::remove_all(root); }

    void write(const fs::path& path, const std::string& text) {
        fs::create_directories((root / path).parent_path());
        std::ofstream(root / path) << text;
    }
    Configuration read() {
        warnings.clear();
        return load(folders, warnings);
    }

    fs::path root;
    std::vector<fs::path> folders;
    std::vector<ConfigurationWarning> warnings;
};

}  // namespace hvfbd
