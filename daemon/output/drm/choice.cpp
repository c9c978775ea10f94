#include "output/drm/choice.h"

#include <algorithm>
#include <cstring>
#include <functional>

namespace hvfbd::drm {

namespace {

constexpr std::uint32_t odd_flags = DRM_MODE_FLAG_INTERLACE | DRM_MODE_FLAG_DBLSCAN;

Mode size_of(const drmModeModeInfo& mode) {
    return {mode.hdisplay, mode.vdisplay};
}

bool preferred(const drmModeModeInfo& mode) {
    return (mode.type & DRM_MODE_TYPE_PREFERRED) != 0;
}

// What the screen would rather: its preferred mode, then the quickest, then the first.
bool better(const drmModeModeInfo& a, const drmModeModeInfo& b) {
    if (preferred(a) != preferred(b)) return preferred(a);
    return a.vrefresh > b.vrefresh;
}

const drmModeModeInfo* mode_of(const Connector& connector, Mode size) {
    const drmModeModeInfo* best = nullptr;
    for (const drmModeModeInfo& mode : connector.modes)
        if (size_of(mode) == size && (!best || better(mode, *best))) best = &mode;
    return best;
}

// Connectors that are connected, with the modes that can be shown.
std::vector<Connector> usable(const Resources& resources, const std::string& name) {
    std::vector<Connector> found;
    for (Connector connector : resources.connectors) {
        if (!connector.connected || (!name.empty() && connector.name != name)) continue;
        std::erase_if(connector.modes, [&](const drmModeModeInfo& mode) {
            Mode size = size_of(mode);
            return (mode.flags & odd_flags) != 0 || size.width == 0 || size.height == 0 ||
                   size.width > std::min(resources.largest.width, max_extent) ||
                   size.height > std::min(resources.largest.height, max_extent);
        });
        if (!connector.modes.empty()) found.push_back(std::move(connector));
    }
    return found;
}

std::string obstacle(const Resources& resources, const std::string& name) {
    if (name.empty()) return "no screen is connected";
    std::string known;
    for (const Connector& connector : resources.connectors) {
        if (connector.name == name) return "no screen is connected to " + name;
        known += (known.empty() ? "" : ", ") + connector.name;
    }
    return "there is no connector " + name + "; there is " + (known.empty() ? "none" : known) +
           " (if Connector= in hvfbd.conf says so, name another)";
}

std::vector<Mode> all_modes(const std::vector<Connector>& connectors) {
    std::vector<Mode> modes;
    auto add = [&](const drmModeModeInfo& mode) {
        if (std::find(modes.begin(), modes.end(), size_of(mode)) == modes.end())
            modes.push_back(size_of(mode));
    };
    // The kernel lists a screen's preferred mode first only mostly.
    add(*std::min_element(connectors.front().modes.begin(), connectors.front().modes.end(), better));
    for (const Connector& connector : connectors)
        std::for_each(connector.modes.begin(), connector.modes.end(), add);
    return modes;
}

// A CRTC for as many connectors as can be: augmenting paths. Those that are driven already come first, then
// the first ones: a screen that is plugged in takes no CRTC from one that shows. A connector keeps the CRTC
// that drives it where that is possible: then nothing has to be switched off.
std::vector<std::optional<std::size_t>> assign_crtcs(const Resources& resources,
                                                     const std::vector<Connector>& connectors) {
    // The kernel's own masks have 32 bits.
    std::size_t crtcs = std::min<std::size_t>(resources.crtcs.size(), 32);
    std::vector<std::optional<std::size_t>> driven(crtcs);  // by CRTC: which connector
    std::vector<bool> tried;
    enum class Rank { its_own, free, of_another };  // the order in which a connector tries CRTCs
    std::function<bool(std::size_t)> give = [&](std::size_t index) {
        const Connector& connector = connectors[index];
        auto take = [&](std::size_t crtc) {
            if ((connector.crtcs >> crtc & 1) == 0 || tried[crtc]) return false;
            tried[crtc] = true;
            if (driven[crtc] && !give(*driven[crtc])) return false;
            driven[crtc] = index;
            return true;
        };
        auto rank_of = [&](std::size_t crtc) {
            return resources.crtcs[crtc] == connector.crtc ? Rank::its_own
                   : driven[crtc]                          ? Rank::of_another
                                                           : Rank::free;
        };
        for (Rank rank : {Rank::its_own, Rank::free, Rank::of_another})
            for (std::size_t crtc = 0; crtc < crtcs; ++crtc)
                if (rank_of(crtc) == rank && take(crtc)) return true;
        return false;
    };
    for (bool driven_already : {true, false})
        for (std::size_t index = 0; index < connectors.size(); ++index) {
            if ((connectors[index].crtc != 0) != driven_already) continue;
            tried.assign(crtcs, false);
            give(index);
        }
    std::vector<std::optional<std::size_t>> result(connectors.size());
    for (std::size_t crtc = 0; crtc < crtcs; ++crtc)
        if (driven[crtc]) result[*driven[crtc]] = crtc;
    return result;
}

}  // namespace

bool Head::operator==(const Head& other) const {
    return connector == other.connector && crtc == other.crtc && size_of(mode) == size_of(other.mode) &&
           mode.clock == other.mode.clock && mode.vrefresh == other.mode.vrefresh &&
           mode.flags == other.mode.flags;
}

std::vector<Plan> choose(const Resources& resources, std::span<const Wish> wishes) {
    std::vector<Plan> plans;
    std::vector<Connector> connectors;  // of all plans, and the plan of each
    std::vector<std::size_t> plan_of;
    for (const auto& [name, wanted] : wishes) {
        Plan& plan = plans.emplace_back();
        std::vector<Connector> candidates = usable(resources, name);
        if (candidates.empty()) {
            plan.obstacle = obstacle(resources, name);
            continue;
        }
        plan.modes = all_modes(candidates);
        plan.wanted_mode =
            !wanted || std::find(plan.modes.begin(), plan.modes.end(), *wanted) != plan.modes.end();
        plan.mode = wanted && plan.wanted_mode ? *wanted : plan.modes.front();
        std::erase_if(candidates, [&](const Connector& one) { return !mode_of(one, plan.mode); });
        plan.obstacle = (candidates.front().crtcs == 0 ? "no CRTC can drive " : "no CRTC is left for ") +
                        candidates.front().name;
        for (Connector& candidate : candidates) {
            connectors.push_back(std::move(candidate));
            plan_of.push_back(plans.size() - 1);
        }
    }

    auto crtcs = assign_crtcs(resources, connectors);
    for (std::size_t i = 0; i < connectors.size(); ++i) {
        if (!crtcs[i]) continue;
        Plan& plan = plans[plan_of[i]];
        plan.heads.push_back({connectors[i].id, resources.crtcs[*crtcs[i]], connectors[i].name,
                              *mode_of(connectors[i], plan.mode)});
        plan.obstacle.clear();
    }
    return plans;
}

std::vector<std::string> connectors_in_order(const Resources& resources, std::vector<std::string> before) {
    std::vector<std::string> rest;
    for (bool connected : {true, false})
        for (const Connector& connector : resources.connectors)
            if (connector.connected == connected &&
                std::find(before.begin(), before.end(), connector.name) == before.end())
                rest.push_back(connector.name);
    auto next = rest.begin();
    for (std::string& name : before) {
        bool there = std::any_of(resources.connectors.begin(), resources.connectors.end(),
                                 [&](const Connector& connector) { return connector.name == name; });
        if (!there && next != rest.end()) name = *next++;
    }
    before.insert(before.end(), next, rest.end());
    return before;
}

}  // namespace hvfbd::drm
