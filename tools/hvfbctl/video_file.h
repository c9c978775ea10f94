#pragma once

#include <sys/types.h>

#include <string>

#include "common/descriptor.h"
#include "picture_file.h"

namespace hvfbctl {

// A video that ffmpeg makes of pictures: each is shown from when it was written until the next one.
class VideoFile {
  public:
    // By the end of its name: .mkv, .mp4 or .webm. Throws UsageError for another, and for a lossless one that
    // is no .mkv.
    static void check_name(const std::string& file, bool lossless);

    // Throws std::runtime_error where ffmpeg is not installed, std::system_error where it cannot be started.
    VideoFile(const std::string& file, std::uint32_t width, std::uint32_t height, bool lossless);
    VideoFile(const VideoFile&) = delete;
    VideoFile& operator=(const VideoFile&) = delete;
    // Without finish() it ends as a file that a program was killed over.
    ~VideoFile();

    // Of the size that it was opened with. Waits until ffmpeg takes it. Throws where that has ended.
    void write(const hvfbd::Picture& picture);
    // Until the file is whole. Throws where ffmpeg failed, which has said why on standard error.
    void finish();

  private:
    [[noreturn]] void fail();
    int await_end();

    std::string file_;
    hvfbd::Descriptor pipe_;
    pid_t process_ = -1;
};

}  // namespace hvfbctl
