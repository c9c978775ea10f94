// Folders: /dev and /sys/class/graphics have fb0 in them, and /sys/class/graphics/fb0 has its attributes.
#include <dirent.h>
#include <pthread.h>
#include <string.h>

#include <atomic>

#include "run/preload/exported.h"
#include "run/preload/listing.h"
#include "run/preload/paths.h"
#include "run/preload/real_calls.h"

namespace fbdev::preload {
namespace {

// A folder that a program reads. `alone`: the kernel has no such folder, and what is read of it does not
// count.
struct Listing {
    DIR* folder;
    char path[64];
    bool alone;
    bool kernels_read;
    size_t next;
    dirent entry;
};

constexpr int most_listings = 32;
pthread_mutex_t listing_mutex = PTHREAD_MUTEX_INITIALIZER;
constinit Listing listings[most_listings] = {};
constinit std::atomic<int> listings_used{0};

Listing* find_listing(DIR* folder) {
    if (__builtin_expect(listings_used.load(std::memory_order_relaxed) == 0, 1)) return nullptr;
    pthread_mutex_lock(&listing_mutex);
    Listing* found = nullptr;
    for (Listing& listing : listings)
        if (listing.folder == folder) found = &listing;
    pthread_mutex_unlock(&listing_mutex);
    return found;
}

void look_up_folders() {
    if (!real.opendir) look_up_real_calls();
}

DIR* open_listing(const char* path) {
    DIR* folder = real.opendir(path);
    const bool alone = folder == nullptr;
    if (alone) folder = real.opendir("/");
    if (!folder) return nullptr;
    pthread_mutex_lock(&listing_mutex);
    for (Listing& listing : listings)
        if (!listing.folder) {
            listing = {
                .folder = folder, .path = {}, .alone = alone, .kernels_read = alone, .next = 0, .entry = {}};
            strcpy(listing.path, path);
            ++listings_used;
            break;
        }
    pthread_mutex_unlock(&listing_mutex);
    return folder;
}

unsigned char type_of(const char* path, const char* name) {
    if (device_file(path) == DeviceFile::none) return strcmp(path, "/dev") == 0 ? DT_CHR : DT_LNK;
    return strcmp(name, "subsystem") == 0 ? DT_LNK : DT_REG;
}

dirent* next_entry(Listing& listing) {
    while (!listing.kernels_read) {
        dirent* const entry = real.readdir(listing.folder);
        if (!entry) listing.kernels_read = true;
        // The kernel's own framebuffer is not the one that is there now.
        else if (strcmp(entry->d_name, "fb0") != 0)
            return entry;
    }
    const char* const name = listed_name(listing.path, listing.next);
    if (!name) return nullptr;
    ++listing.next;
    listing.entry.d_ino = 29 + listing.next;
    listing.entry.d_reclen = sizeof listing.entry;
    listing.entry.d_type = type_of(listing.path, name);
    strcpy(listing.entry.d_name, name);
    return &listing.entry;
}

bool is_listed(const char* path) {
    const DeviceFile file = file_of(path);
    return strlen(path) < sizeof Listing::path &&
           (file == DeviceFile::link || file == DeviceFile::folder || has_added_names(path));
}

}  // namespace

void listing_in_child() {
    listing_mutex = PTHREAD_MUTEX_INITIALIZER;
}

}  // namespace fbdev::preload

using namespace fbdev::preload;

EXPORTED DIR* opendir(const char* path) {
    look_up_folders();
    return path[0] == '/' && is_listed(path) ? open_listing(path) : real.opendir(path);
}

EXPORTED dirent* readdir(DIR* folder) {
    look_up_folders();
    Listing* const listing = find_listing(folder);
    return listing ? next_entry(*listing) : real.readdir(folder);
}

// On machines of 64 bits the same.
EXPORTED dirent64* readdir64(DIR* folder) {
    return reinterpret_cast<dirent64*>(readdir(folder));
}

EXPORTED void rewinddir(DIR* folder) {
    look_up_folders();
    if (Listing* const listing = find_listing(folder)) {
        listing->kernels_read = listing->alone;
        listing->next = 0;
    }
    real.rewinddir(folder);
}

EXPORTED int closedir(DIR* folder) {
    look_up_folders();
    if (Listing* const listing = find_listing(folder)) {
        listing->folder = nullptr;
        --listings_used;
    }
    return real.closedir(folder);
}
