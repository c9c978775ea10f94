#include "system/status_text.h"

#include <utility>

namespace hvfbd {

class StatusText::OfDisplay : public Observer {
  public:
    OfDisplay(StatusText& all, std::string name) : all_(all), name_(std::move(name)) {}

    void problem_changed(const std::string& problem) override {
        problem_ = problem;
        all_.changed();
    }
    // Empty: there is nothing to say of it.
    std::string text() const { return problem_.empty() ? std::string() : name_ + ": " + problem_; }

  private:
    StatusText& all_;
    std::string name_, problem_;
};

StatusText::StatusText(std::function<void(const std::string&)> tell) : tell_(std::move(tell)) {}

StatusText::~StatusText() = default;

Observer& StatusText::add(const std::string& name) {
    displays_.push_back(std::make_unique<OfDisplay>(*this, name));
    return *displays_.back();
}

void StatusText::set_configuration_warnings(const std::vector<std::string>& warnings) {
    configuration_.clear();
    if (warnings.size() == 1) configuration_ = "configuration warning: " + warnings.front();
    if (warnings.size() > 1)
        configuration_ = std::to_string(warnings.size()) +
                         " configuration warnings (hvfbctl status shows all): " + warnings.front();
    changed();
}

void StatusText::begin() {
    begun_ = true;
    changed();
}

void StatusText::changed() {
    if (!begun_) return;
    std::string text;
    for (const auto& display : displays_)
        if (const std::string one = display->text(); !one.empty()) text += (text.empty() ? "" : "; ") + one;
    if (text.empty())
        text = displays_.size() == 1 ? "1 display, no problem"
                                     : std::to_string(displays_.size()) + " displays, no problem";
    if (!configuration_.empty()) text += "; " + configuration_;
    // A line of its own is another assignment.
    for (char& letter : text)
        if (letter == '\n') letter = ' ';
    tell_(text);
}

}  // namespace hvfbd
