#pragma once

#include <initializer_list>
#include <vector>

#include "clients/observer.h"

namespace hvfbd {

// Notifies each of several, in their order. They are borrowed; some come later than the display does.
class Observers : public Observer {
  public:
    Observers() = default;
    Observers(std::initializer_list<Observer*> observers) : observers_(observers) {}
    void add(Observer& observer) { observers_.push_back(&observer); }

    void surface_opened(SurfaceNumber number, std::string_view name, const Client& client) override {
        for (Observer* observer : observers_) observer->surface_opened(number, name, client);
    }
    void surface_closed(SurfaceNumber number, std::string_view name, std::string_view why) override {
        for (Observer* observer : observers_) observer->surface_closed(number, name, why);
    }
    void surface_client_changed(SurfaceNumber number, std::string_view name, std::string_view what) override {
        for (Observer* observer : observers_) observer->surface_client_changed(number, name, what);
    }
    void userfaultfd_given(SurfaceNumber number, std::string_view name, const Client& client) override {
        for (Observer* observer : observers_) observer->userfaultfd_given(number, name, client);
    }
    void userfaultfd_not_to_be_had(std::string_view problem) override {
        for (Observer* observer : observers_) observer->userfaultfd_not_to_be_had(problem);
    }
    void active_surface_changed() override {
        for (Observer* observer : observers_) observer->active_surface_changed();
    }
    void viewer_opened(unsigned number, const Client& client) override {
        for (Observer* observer : observers_) observer->viewer_opened(number, client);
    }
    void viewer_closed(unsigned number, std::string_view why) override {
        for (Observer* observer : observers_) observer->viewer_closed(number, why);
    }
    void protocol_violated(std::string_view who, std::string_view what) override {
        for (Observer* observer : observers_) observer->protocol_violated(who, what);
    }
    void output_said(bool warning, std::string_view sentence) override {
        for (Observer* observer : observers_) observer->output_said(warning, sentence);
    }
    void visibility_changed(bool visible) override {
        for (Observer* observer : observers_) observer->visibility_changed(visible);
    }
    bool persist_before_acknowledge() override {
        bool saved = true;
        for (Observer* observer : observers_) saved = observer->persist_before_acknowledge() && saved;
        return saved;
    }
    void not_restored(std::string_view who, std::string_view why) override {
        for (Observer* observer : observers_) observer->not_restored(who, why);
    }
    void layout_changed(const Layout& layout) override {
        for (Observer* observer : observers_) observer->layout_changed(layout);
    }
    void modes_changed() override {
        for (Observer* observer : observers_) observer->modes_changed();
    }
    void viewer_count_changed(std::size_t count) override {
        for (Observer* observer : observers_) observer->viewer_count_changed(count);
    }
    void problem_changed(const std::string& problem) override {
        for (Observer* observer : observers_) observer->problem_changed(problem);
    }

  private:
    std::vector<Observer*> observers_;
};

}  // namespace hvfbd
