#include "rows.h"

#include <algorithm>

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
                             video.tracked.daemon_us_a_present(), video.floor.daemon_us_a_present(), 1.8,
                             "us"));
}

void judge_told_pixels(const Match& match, std::vector<Verdict>& verdicts) {
    if (match.limit != 60 || match.tracked.work.pixels_in_changed_tiles == 0) return;
    // Without a bar: more scattered spots than rectangles.
    if (match.workload == "noise") return;
    bool scrolls = match.workload.starts_with("scroll");
    verdicts.push_back({"5", "pixels told / pixels in changed tiles, " + match.workload,
                        match.tracked.told_over_tiles(), scrolls ? 1.3 : 1.05, "", ""});
}

}  // namespace

std::vector<Verdict> judge(const Matches& matches, const Matches& tall) {
    std::vector<Verdict> verdicts;
    const Match* video = find(matches, "video-60", 60);
    const Match* cursor = find(matches, "cursor", 60);
    const Match* noise = find(matches, "noise", 60);
    if (video) judge_redrawing(*video, verdicts);
    if (noise)
        verdicts.push_back(ratio("3a", "a lone store / under reference", noise->tracked.mean_draw(),
                                 noise->reference.mean_draw(), 1.0, "us"));
    if (const Match* corners = find(matches, "two-corners", 60))
        verdicts.push_back({"3b", "a page in a burst of 16 and more",
                            Sample::ratio(corners->tracked.median_draw(), corners->tracked.faults_a_frame()),
                            2, "us", "two-corners"});
    for (const Match& match : matches) judge_told_pixels(match, verdicts);
    if (video && cursor)
        verdicts.push_back(ratio("7", "daemon CPU of a 16x16 change / a memcpy of a frame",
                                 cursor->tracked.daemon_us_a_present(), video->floor.daemon_us_a_present(),
                                 0.1, "us"));
    for (const Match& match : matches)
        if (match.reference.work.presents > 0)
            verdicts.push_back(ratio("8", "daemon CPU / reference at the same rate of presents, " + at(match),
                                     match.tracked.daemon_us_a_present(),
                                     match.reference.daemon_us_a_present(), 1.5, "us a present"));
    for (const Match& match : matches)
        if (match.reference.faults > 0) {
            if (match.workload == "cursor" || match.workload == "slideshow")
                verdicts.push_back(ratio("9", "client's drawing time / reference, " + at(match),
                                         match.tracked.median_draw(), match.reference.median_draw(), 1.2,
                                         "us"));
            else
                verdicts.push_back(ratio("9", "the same at the same rate of presents, " + at(match),
                                         match.tracked.draw_us_a_present(),
                                         match.reference.draw_us_a_present(), 1.2, "us a present"));
        }
    for (const Match& match : tall) {
        const Match* small = find(matches, match.workload, match.limit);
        if (!small) continue;
        bool everything = match.workload.starts_with("video") || match.workload.starts_with("scroll");
        verdicts.push_back(ratio("10", "daemon CPU of a present, 3840x2160 / 1920x1080, " + at(match),
                                 match.tracked.daemon_us_a_present(), small->tracked.daemon_us_a_present(),
                                 everything ? 4.0 : 1.5, "us"));
    }
    return verdicts;
}

}  // namespace hvfbd::bench
