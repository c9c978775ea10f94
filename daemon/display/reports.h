#pragma once

#include <initializer_list>
#include <vector>

#include "clients/report.h"

namespace hvfbd {

// Tells every report to each of several, in their order. They are borrowed; some come later than the pipeline
// does.
class Reports : public Report {
  public:
    Reports() = default;
    Reports(std::initializer_list<Report*> reports) : reports_(reports) {}
    void add(Report& report) { reports_.push_back(&report); }

    void surface_opened(SurfaceNumber number, std::string_view name, const Client& client) override {
        for (Report* report : reports_) report->surface_opened(number, name, client);
    }
    void surface_closed(SurfaceNumber number, std::string_view name, std::string_view why) override {
        for (Report* report : reports_) report->surface_closed(number, name, why);
    }
    void surface_client_changed(SurfaceNumber number, std::string_view name, std::string_view what) override {
        for (Report* report : reports_) report->surface_client_changed(number, name, what);
    }
    void userfaultfd_given(SurfaceNumber number, std::string_view name, const Client& client) override {
        for (Report* report : reports_) report->userfaultfd_given(number, name, client);
    }
    void userfaultfd_not_to_be_had(std::string_view problem) override {
        for (Report* report : reports_) report->userfaultfd_not_to_be_had(problem);
    }
    void active_surface_changed() override {
        for (Report* report : reports_) report->active_surface_changed();
    }
    void viewer_opened(unsigned number, const Client& client) override {
        for (Report* report : reports_) report->viewer_opened(number, client);
    }
    void viewer_closed(unsigned number, std::string_view why) override {
        for (Report* report : reports_) report->viewer_closed(number, why);
    }
    void protocol_violated(std::string_view who, std::string_view what) override {
        for (Report* report : reports_) report->protocol_violated(who, what);
    }
    void output_said(bool warning, std::string_view sentence) override {
        for (Report* report : reports_) report->output_said(warning, sentence);
    }
    void visibility_changed(bool visible) override {
        for (Report* report : reports_) report->visibility_changed(visible);
    }
    bool handing_over() override {
        bool kept = true;
        for (Report* report : reports_) kept = report->handing_over() && kept;
        return kept;
    }
    void not_restored(std::string_view who, std::string_view why) override {
        for (Report* report : reports_) report->not_restored(who, why);
    }
    void layout_changed(const Layout& layout) override {
        for (Report* report : reports_) report->layout_changed(layout);
    }
    void modes_changed() override {
        for (Report* report : reports_) report->modes_changed();
    }

  private:
    std::vector<Report*> reports_;
};

}  // namespace hvfbd
