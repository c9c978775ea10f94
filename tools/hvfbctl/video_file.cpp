#include "video_file.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <vector>

#include "base/error.h"
#include "where.h"

namespace hvfbctl {

namespace {

using Words = std::vector<std::string>;

std::string extension_of(const std::string& file) {
    return std::filesystem::path(file).extension().string();
}

void add(Words& words, std::initializer_list<const char*> more) {
    words.insert(words.end(), more.begin(), more.end());
}

Words ffmpeg_words(const std::string& file, std::uint32_t width, std::uint32_t height, bool lossless) {
    // The time of a picture is that at which ffmpeg has read it, in units of one of 1000 frames a second.
    Words words = {"ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y"};
    add(words, {"-use_wallclock_as_timestamps", "1", "-probesize", "32", "-analyzeduration", "0"});
    add(words, {"-f", "rawvideo", "-pixel_format", "bgr0", "-framerate", "1000", "-video_size"});
    words.push_back(std::to_string(width) + "x" + std::to_string(height));
    add(words, {"-i", "pipe:0", "-an", "-fps_mode", "vfr"});
    if (lossless) {
        add(words, {"-c:v", "ffv1", "-level", "3", "-pix_fmt", "bgr0"});
    } else {
        // What every player shows: half the colours of each direction, which takes an even size.
        add(words, {"-vf", "scale=out_color_matrix=bt709:out_range=tv,pad=ceil(iw/2)*2:ceil(ih/2)*2"});
        add(words, {"-pix_fmt", "yuv420p", "-colorspace", "bt709", "-color_primaries", "bt709"});
        add(words, {"-color_trc", "bt709", "-color_range", "tv"});
        if (extension_of(file) == ".webm")
            add(words, {"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-row-mt", "1",
                        "-b:v", "0", "-crf", "30"});
        else
            add(words, {"-c:v", "libx264", "-preset", "veryfast", "-crf", "20"});
    }
    // A name with a colon is no address of the network.
    words.push_back("file:" + file);
    return words;
}

// Its standard input is `input`. It is in a group of its own: Ctrl-C is for hvfbctl, which then ends it.
int spawn(Words& words, int input, pid_t& process) {
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t files;
    if (const int error = posix_spawn_file_actions_init(&files)) return error;
    posix_spawnattr_t attributes;
    if (const int error = posix_spawnattr_init(&attributes)) {
        posix_spawn_file_actions_destroy(&files);
        return error;
    }
    int error = posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    if (error == 0) error = posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
    if (error == 0) error = posix_spawnattr_setpgroup(&attributes, 0);
    if (error == 0) error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    if (error == 0)
        error = posix_spawnp(&process, pointers[0], &files, &attributes, pointers.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

}  // namespace

void VideoFile::check_name(const std::string& file, bool lossless) {
    const std::string extension = extension_of(file);
    if (extension != ".mkv" && extension != ".mp4" && extension != ".webm")
        throw UsageError(
            "\"" + file +
            "\" names no video that hvfbctl writes: end the name in .mkv, .mp4 or .webm, or use - "
            "and a program that reads YUV4MPEG2");
    if (lossless && extension != ".mkv")
        throw UsageError("a lossless video is a .mkv file: end the name \"" + file + "\" in .mkv");
}

VideoFile::VideoFile(const std::string& file, std::uint32_t width, std::uint32_t height, bool lossless)
    : file_(file) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) hvfbd::throw_errno("make a pipe for ffmpeg");
    const hvfbd::Descriptor reading(ends[0]);
    pipe_.reset(ends[1]);
    Words words = ffmpeg_words(file, width, height, lossless);
    const int error = spawn(words, reading.get(), process_);
    if (error == ENOENT)
        throw std::runtime_error("record " + file +
                                 ": ffmpeg, which makes videos, is not installed: sudo apt install ffmpeg; "
                                 "or use - in place of the "
                                 "name, and a program that reads YUV4MPEG2");
    if (error != 0) hvfbd::throw_errno("run ffmpeg", error);
    // What ffmpeg does not take any more is told by write().
    std::signal(SIGPIPE, SIG_IGN);
}

VideoFile::~VideoFile() {
    if (process_ < 0) return;
    pipe_.reset();
    await_end();
}

void VideoFile::write(const hvfbd::Picture& picture) {
    std::span<const std::byte> rest = std::as_bytes(std::span(picture.pixels));
    while (!rest.empty()) {
        const ssize_t count = ::write(pipe_.get(), rest.data(), rest.size());
        if (count >= 0)
            rest = rest.subspan(static_cast<std::size_t>(count));
        else if (errno == EPIPE)
            fail();
        else if (errno != EINTR)
            hvfbd::throw_errno("write to ffmpeg");
    }
}

void VideoFile::finish() {
    pipe_.reset();
    if (await_end() != 0) fail();
}

void VideoFile::fail() {
    pipe_.reset();
    if (process_ >= 0) await_end();
    throw std::runtime_error("record " + file_ + ": ffmpeg failed; what it said of that is above");
}

int VideoFile::await_end() {
    int status = -1;
    while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
    return status;
}

}  // namespace hvfbctl
