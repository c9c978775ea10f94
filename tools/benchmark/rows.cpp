#include "rows.h"

#include <algorithm>

#include "whole.h"

namespace hvfbd::bench {

namespace {

const Match* find(const Matches& matches, const std::string& workload, unsigned limit) {
    auto found = std::ranges::find_if(
        matches, [&](const Match& match) { return match.workload == workload && match.limit == limit; });
    return found == matches.end() ? nullptr : &*found;
}

std::string over(double a, double b, const char* unit) {
    return figure(a) + " / " + figure(b) + " " + unit;
}

Verdict ratio(std::string row, std::string what, double a, double b, double bar, const char* unit) {
    return {std::move(row), std::move(what), Sample::ratio(a, b), bar, "", over(a, b, unit)};
}

std::string at(const Match& match) {
    return match.workload + " at " + std::to_string(match.limit) + " Hz";
}

void judge_redrawing(const Match& video, std::vector<Verdict>& verdicts) {
    verdicts.push_back(
        {"2a", "page faults a frame, whole redraw", video.tracked.faults_a_frame(), 0, "", ""});
    verdicts.push_back(ratio("2b", "drawing time, tracked / untracked", video.tracked.median_draw(),
                             video.floor.median_draw(), 1.05, "us"));
    verdicts.push_back(ratio("6", "daemon CPU of a full frame / one memcpy of it",
                             video.tracked.daemon_us_a_present(), video.floor.daemon_us_a_present(), 1.2,
                             "us"));
}

void judge_told_pixels(const Match& match, std::vector<Verdict>& verdicts) {
    if (match.limit != 60 || match.tracked.work.pixels_in_changed_tiles == 0) return;
    // Without a bar: more scattered spots than rectangles.
    if (match.workload == "noise") return;
    // Lines of text have blank rows between them, which a host with tiles of 16 x 16 sends all the same:
    // decision 0294.
    double bar = match.workload.starts_with("scroll") ? 1.6 : match.workload == "terminal" ? 1.4 : 1.05;
    verdicts.push_back({"5", "pixels told / pixels in changed tiles, " + match.workload,
                        match.tracked.told_over_tiles(), bar, "", ""});
}

void judge_whole(const Match& match, std::vector<Verdict>& verdicts) {
    if (match.reference.work.presents == 0) return;
    verdicts.push_back(ratio("7", "whole / reference, " + match.workload, whole(match.tracked).sum() / 1e3,
                             whole(match.reference).sum() / 1e3, 0.5, "ms/s"));
    if (match.floor.work.presents == 0) return;
    verdicts.push_back(ratio("8", "whole / floor with faults at 1 us, " + match.workload,
                             priced(match.tracked, match.floor, 1).sum() / 1e3,
                             whole(match.floor).sum() / 1e3, 2, "ms/s"));
}

}  // namespace

std::vector<std::pair<std::string, const Sample*>> Match::samples() const {
    std::vector<std::pair<std::string, const Sample*>> all = {{"hvfbd", &tracked}};
    if (reference.frames > 0) all.emplace_back("reference", &reference);
    if (floor.frames > 0) all.emplace_back("floor", &floor);
    for (const Other& other : others) all.emplace_back(other.name, &other.sample);
    return all;
}

std::vector<Verdict> judge(const Matches& matches, const Matches& tall) {
    std::vector<Verdict> verdicts;
    if (const Match* video = find(matches, "video-60", 60); video && video->floor.frames > 0)
        judge_redrawing(*video, verdicts);
    for (const Match& match : matches) {
        if (match.limit != 60 || match.reference.faults == 0) continue;
        if (match.workload == "cursor")
            verdicts.push_back(ratio("3a", "drawing / reference, first store after rest (cursor)",
                                     match.tracked.median_draw(), match.reference.median_draw(), 0.5, "us"));
        if (match.workload == "slideshow")
            verdicts.push_back(ratio("3b", "drawing / reference, whole redraw after rest (slideshow)",
                                     match.tracked.median_draw(), match.reference.median_draw(), 0.5, "us"));
    }
    for (const Match& match : matches) judge_told_pixels(match, verdicts);
    for (const Match& match : matches)
        if (match.limit == 60) judge_whole(match, verdicts);
    for (const Match& match : tall) {
        const Match* small = find(matches, match.workload, match.limit);
        // Nobody waits for what takes no time.
        if (!small || small->tracked.work.presents == 0) continue;
        const bool everything = match.workload.starts_with("video") || match.workload.starts_with("scroll") ||
                                match.workload == "slideshow";
        verdicts.push_back(ratio("9", "daemon CPU of a present, 3840x2160 / 1920x1080, " + at(match),
                                 match.tracked.daemon_us_a_present(), small->tracked.daemon_us_a_present(),
                                 everything ? 4.0 : 1.5, "us"));
    }
    return verdicts;
}

}  // namespace hvfbd::bench
